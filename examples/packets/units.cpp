#include "units.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace packets {
namespace {

constexpr Range kTimeScales{0.001, 1000};
constexpr Range kPacketRates{1, 1e9};
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigitsAndPoint = "0123456789.";

// All of `text` is one number, and it fits.
template <class Number>
bool read_whole(std::string_view text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end;
}

// 15 digits: all that a double keeps of any decimal number, and none that it makes up.
std::string plain(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

// The names, as a sentence has them: "kb, Mb or Gb".
std::string names_of(std::span<const Unit> units) {
  std::string names;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const char* const before = i == 0 ? "" : i + 1 == units.size() ? " or " : ", ";
    names.append(before).append(units[i].name);
  }
  return names;
}

// "KB" is nobody's unit, but one knows what to propose.
std::string unknown_unit(std::string_view number, std::string_view unit, const Kind& kind) {
  const std::string message = ": there is no unit '" + std::string(unit) + "', use " + names_of(kind.units);
  const auto meant = std::ranges::find_if(kind.units, [&](const Unit& u) { return same_letters(u.name, unit); });
  return meant == kind.units.end() ? message : message + ", such as " + std::string(number).append(meant->name);
}

// What to multiply `number` by; 0 and an error when that cannot be told.
double factor_of(std::string_view number, std::string_view unit, const Kind& kind, std::string& error) {
  if (unit.empty()) {
    if (kind.bare != 0) return kind.bare;
    if (number.find_first_not_of("0.") == number.npos) return 1;  // nothing at all is the same in any unit
    error = ": say the unit, such as " + std::string(number).append(kind.unit);
    return 0;
  }
  const bool has_suffix = !kind.suffix.empty() && unit.ends_with(kind.suffix);
  const std::string_view name = unit.substr(0, unit.size() - (has_suffix ? kind.suffix.size() : 0));
  const auto known = std::ranges::find(kind.units, name, &Unit::name);
  if (known != kind.units.end()) return known->factor;
  error = kind.units.empty() ? " is not " + std::string(kind.name) : unknown_unit(number, unit, kind);
  return 0;
}

// Refuses 1.5 bytes. A product such as 1.1 us may miss the whole number by a rounding, which is mended.
bool make_whole(double& value, const Kind& kind, std::string& error) {
  const double whole = std::round(value);
  if (std::abs(value - whole) > 1e-9 * std::max(1.0, whole)) {
    const double below = std::floor(value);
    error = " is finer than one can count: use " + with_unit(below, kind) + " or " + with_unit(below + 1, kind);
    return false;
  }
  value = whole;
  return true;
}

}  // namespace

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<double> parse_quantity(std::string_view text, const Kind& kind, Range legal, std::string& error) {
  const std::string_view number = text.substr(0, std::min(text.find_first_not_of(kDigitsAndPoint), text.size()));
  double value = 0;
  if (!read_whole(number, value)) {
    error = " is not " + std::string(kind.name) + ": use a number" + (kind.units.empty() ? "" : " and its unit") +
            ", such as 10" + std::string(kind.unit);
    return {};
  }
  const double factor = factor_of(number, text.substr(number.size()), kind, error);
  if (factor == 0) return {};
  value *= factor;
  if (value == 0 && legal.zero) return value;
  if (value < legal.least || value > legal.most) {
    const bool small = value < legal.least;
    error = std::string(small ? " is too small: use " : " is too great: use ") +
            with_unit(small ? legal.least : legal.most, kind);
    return {};
  }
  if (kind.whole && !make_whole(value, kind, error)) return {};
  return value;
}

std::optional<Speed> parse_speed(std::string_view text, std::string& error) {
  if (text.ends_with("pps")) {
    const auto rate = parse_quantity(text, kPacketRate, kPacketRates, error);
    return rate ? std::optional(Speed{.packets_per_second = *rate}) : std::nullopt;
  }
  if (!text.ends_with('x')) {
    const bool has_number = !text.empty() && text.find_first_not_of(kDigitsAndPoint) == text.npos;
    const std::string number(has_number ? text : "2");
    error = (has_number ? ": say the unit, such as " : " is not a speed: use a number and its unit, such as ") +
            number + "x or " + number + "pps";
    return {};
  }
  const auto scale = parse_quantity(text, kTimes, kTimeScales, error);
  return scale ? std::optional(Speed{.time_scale = *scale}) : std::nullopt;
}

std::optional<std::uint64_t> parse_count(std::string_view text, CountRange legal, std::string& error) {
  if (text.empty() || text.find_first_not_of(kDigits) != text.npos) {
    error = " is not a whole number: use " + std::to_string(legal.least) + " to " + std::to_string(legal.most);
    return {};
  }
  std::uint64_t value = 0;
  if (!read_whole(text, value) || value > legal.most) {
    error = " is too great: use " + std::to_string(legal.most);
    return {};
  }
  if (value < legal.least) {
    error = " is too small: use " + std::to_string(legal.least);
    return {};
  }
  if (legal.power_of_two && !std::has_single_bit(value)) {
    error = " is not a power of two: use " + std::to_string(std::bit_floor(value)) + " or " +
            std::to_string(std::bit_ceil(value));
    return {};
  }
  return value;
}

std::string with_unit(double value, const Kind& kind) {
  if (kind.units.empty()) return plain(value);
  if (value == 0) return kind.units.size() == 1 ? '0' + std::string(kind.units[0].name) : "0";
  std::string shortest;
  for (const Unit& unit : kind.units) {
    if (value < unit.factor && !shortest.empty()) continue;  // 0.5s, for people, is 500ms
    const std::string text = plain(value / unit.factor).append(unit.name);
    if (shortest.empty() || text.size() < shortest.size()) shortest = text;
  }
  return shortest;
}

std::string legal_text(const Kind& kind, Range legal) {
  return (legal.zero && legal.least > 0 ? "0 or " : "") + with_unit(legal.least, kind) + " to " +
         with_unit(legal.most, kind);
}

std::string legal_text(CountRange legal) {
  return std::string(legal.power_of_two ? "powers of two" : "whole numbers") + " from " + std::to_string(legal.least) +
         " to " + std::to_string(legal.most);
}

std::string legal_speeds() { return legal_text(kTimes, kTimeScales) + " or " + legal_text(kPacketRate, kPacketRates); }

}  // namespace packets
