#include "../units.hpp"

#include <doctest/doctest.h>

namespace {

using namespace packets;

constexpr Range kAny{0, 1e15};

struct Quantity {
  const char* text;
  const Kind& kind;
  double value;
};

// "50" + what parse_quantity() says about it.
std::string complaint(const std::string& text, const Kind& kind, Range legal) {
  std::string error;
  REQUIRE_FALSE(parse_quantity(text, kind, legal, error).has_value());
  return text + error;
}

std::string complaint(const std::string& text, CountRange legal) {
  std::string error;
  REQUIRE_FALSE(parse_count(text, legal, error).has_value());
  return text + error;
}

std::string speed_complaint(const std::string& text) {
  std::string error;
  REQUIRE_FALSE(parse_speed(text, error).has_value());
  return text + error;
}

}  // namespace

TEST_CASE("parse_quantity: every unit of every kind") {
  const Quantity quantities[] = {
      {"7ns", kDuration, 7},
      {"100us", kDuration, 100e3},
      {"10ms", kDuration, 10e6},
      {"1.5s", kDuration, 1.5e9},
      {"2m", kDuration, 120e9},
      {"3h", kDuration, 10'800e9},
      {"1450B", kSize, 1450},
      {"1450", kSize, 1450},
      {"1.5kB", kSize, 1500},
      {"4KiB", kSize, 4096},
      {"2MB", kSize, 2e6},
      {"64MiB", kSize, 67'108'864},
      {"9kb", kRate, 9e3},
      {"50Mb", kRate, 50e6},
      {"0.5Gb", kRate, 0.5e9},
      {"50Mb/s", kRate, 50e6},
      {"0.1%", kShare, 0.001},
      {"50%", kShare, 0.5},
      {"0.5x", kTimes, 0.5},
      {"12pps", kPacketRate, 12},
      {"50kpps", kPacketRate, 50e3},
      {"1.5Mpps", kPacketRate, 15e5},
      {"2", kNumber, 2},
      {"2.5", kNumber, 2.5},
      {"0", kDuration, 0},
      {"0", kShare, 0},
      {".5s", kDuration, 0.5e9},
  };
  for (const Quantity& quantity : quantities) {
    CAPTURE(quantity.text);
    std::string error;
    CHECK(parse_quantity(quantity.text, quantity.kind, kAny, error) == std::optional(doctest::Approx(quantity.value)));
    CHECK(error.empty());
  }
}

TEST_CASE("parse_quantity: what is counted comes out whole, though the product is not") {
  std::string error;
  CHECK(parse_quantity("1.1us", kDuration, kAny, error) == 1100.0);
  CHECK(parse_quantity("4.35kB", kSize, kAny, error) == 4350.0);
  CHECK(complaint("1.5", kSize, kAny) == "1.5 is finer than one can count: use 1B or 2B");
  CHECK(complaint("0.5ns", kDuration, kAny) == "0.5ns is finer than one can count: use 0 or 1ns");
}

TEST_CASE("parse_quantity: a number without its unit is refused, and the unit proposed") {
  CHECK(complaint("50", kRate, kAny) == "50: say the unit, such as 50Mb");
  CHECK(complaint("10", kDuration, kAny) == "10: say the unit, such as 10ms");
  CHECK(complaint("0.1", kShare, kAny) == "0.1: say the unit, such as 0.1%");
}

TEST_CASE("parse_quantity: an unknown unit is refused with those there are") {
  CHECK(complaint("50mb", kRate, kAny) == "50mb: there is no unit 'mb', use kb, Mb or Gb, such as 50Mb");
  CHECK(complaint("50Tb", kRate, kAny) == "50Tb: there is no unit 'Tb', use kb, Mb or Gb");
  CHECK(complaint("1e3s", kDuration, kAny) == "1e3s: there is no unit 'e3s', use ns, us, ms, s, m or h");
  CHECK(complaint("50Mb/s/s", kRate, kAny) == "50Mb/s/s: there is no unit 'Mb/s/s', use kb, Mb or Gb");
  CHECK(complaint("5ms/s", kDuration, kAny) == "5ms/s: there is no unit 'ms/s', use ns, us, ms, s, m or h");
  CHECK(complaint("2x", kNumber, kAny) == "2x is not a number");
}

TEST_CASE("parse_quantity: what is no number is refused") {
  for (const char* text : {"", "ms", "-5ms", "+5ms", " 5ms", "1.2.3ms", ".", "inf", "nan", "0x10B", "1,5s"}) {
    CAPTURE(text);
    std::string error;
    CHECK_FALSE(parse_quantity(text, kDuration, kAny, error).has_value());
    CHECK_FALSE(error.empty());
  }
  CHECK(complaint("fast", kRate, kAny) == "fast is not a rate: use a number and its unit, such as 10Mb");
  CHECK(complaint("much", kNumber, kAny) == "much is not a number: use a number, such as 10");
}

TEST_CASE("parse_quantity: out of range, the nearest legal value is named, and the ends are legal") {
  constexpr Range kPayload{16, 65'000};
  std::string error;
  CHECK(complaint("15B", kSize, kPayload) == "15B is too small: use 16B");
  CHECK(complaint("65001B", kSize, kPayload) == "65001B is too great: use 65kB");
  CHECK(complaint("0", kSize, kPayload) == "0 is too small: use 16B");
  CHECK(complaint(std::string(300, '9') + "MiB", kSize, kPayload).ends_with(" is too great: use 65kB"));
  CHECK(parse_quantity("16B", kSize, kPayload, error) == 16.0);
  CHECK(parse_quantity("65000B", kSize, kPayload, error) == 65'000.0);
}

TEST_CASE("parse_quantity: zero may be legal below the least") {
  constexpr Range kTick{1e3, 1e10, true};
  std::string error;
  CHECK(parse_quantity("0", kDuration, kTick, error) == 0.0);
  CHECK(parse_quantity("0ms", kDuration, kTick, error) == 0.0);
  CHECK(complaint("999ns", kDuration, kTick) == "999ns is too small: use 1us");
}

TEST_CASE("parse_speed: times as fast, or packets per second") {
  std::string error;
  CHECK(parse_speed("2x", error) == Speed{.time_scale = 2});
  CHECK(parse_speed("0.5x", error) == Speed{.time_scale = 0.5});
  CHECK(parse_speed("50000pps", error) == Speed{.packets_per_second = 50'000});
  CHECK(parse_speed("50kpps", error) == Speed{.packets_per_second = 50'000});
  CHECK(error.empty());
}

TEST_CASE("parse_speed: what is wrong, and what to write instead") {
  CHECK(speed_complaint("2") == "2: say the unit, such as 2x or 2pps");
  CHECK(speed_complaint("fast") == "fast is not a speed: use a number and its unit, such as 2x or 2pps");
  CHECK(speed_complaint("") == " is not a speed: use a number and its unit, such as 2x or 2pps");
  CHECK(speed_complaint("5Kpps") == "5Kpps: there is no unit 'Kpps', use pps, kpps or Mpps, such as 5kpps");
  CHECK(speed_complaint("0x") == "0x is too small: use 0.001x");
  CHECK(speed_complaint("1001x") == "1001x is too great: use 1000x");
  CHECK(speed_complaint("0pps") == "0pps is too small: use 1pps");
}

TEST_CASE("parse_count: digits within a range") {
  std::string error;
  CHECK(parse_count("1", {1, 256}, error) == 1u);
  CHECK(parse_count("256", {1, 256}, error) == 256u);
  CHECK(parse_count("18446744073709551615", {0, UINT64_MAX}, error) == UINT64_MAX);
  CHECK(complaint("0", {1, 256}) == "0 is too small: use 1");
  CHECK(complaint("257", {1, 256}) == "257 is too great: use 256");
  CHECK(complaint("18446744073709551616", {0, UINT64_MAX}) ==
        "18446744073709551616 is too great: use 18446744073709551615");
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "many"}) {
    CHECK(complaint(text, {1, 256}) == std::string(text) + " is not a whole number: use 1 to 256");
  }
}

TEST_CASE("parse_count: of powers of two the one below and the one above are named") {
  constexpr CountRange kCapacity{1, 1 << 24, true};
  std::string error;
  for (std::uint64_t power = 1; power <= kCapacity.most; power *= 2) {
    CHECK(parse_count(std::to_string(power), kCapacity, error) == power);
  }
  CHECK(complaint("1000", kCapacity) == "1000 is not a power of two: use 512 or 1024");
  CHECK(complaint("3", kCapacity) == "3 is not a power of two: use 2 or 4");
  CHECK(complaint("16777217", kCapacity) == "16777217 is too great: use 16777216");
}

TEST_CASE("with_unit: the shortest way to write it") {
  CHECK(with_unit(10e6, kDuration) == "10ms");
  CHECK(with_unit(500e6, kDuration) == "500ms");
  CHECK(with_unit(1.5e9, kDuration) == "1.5s");
  CHECK(with_unit(0, kDuration) == "0");
  CHECK(with_unit(1450, kSize) == "1450B");
  CHECK(with_unit(64 << 20, kSize) == "64MiB");
  CHECK(with_unit(0.001, kShare) == "0.1%");
  CHECK(with_unit(0, kShare) == "0%");
  CHECK(with_unit(2, kNumber) == "2");
}

TEST_CASE("legal_text: both ends, and zero where it is an exception") {
  CHECK(legal_text(kDuration, {1e3, 1e10}) == "1us to 10s");
  CHECK(legal_text(kDuration, {1e3, 1e10, true}) == "0 or 1us to 10s");
  CHECK(legal_text(kShare, {0, 0.5, true}) == "0% to 50%");
  CHECK(legal_text(CountRange{1, 256}) == "whole numbers from 1 to 256");
  CHECK(legal_text(CountRange{1, 256, true}) == "powers of two from 1 to 256");
  CHECK(legal_speeds() == "0.001x to 1000x or 1pps to 1000Mpps");
}
