#pragma once
// Numbers and quantities as people write them on a command line.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace packets {

struct Unit {
  std::string_view name;
  double factor;
};

/// What is written with the same units.
struct Kind {
  std::string_view name;         ///< "a duration"
  std::string_view unit;         ///< the one that a message proposes; empty where numbers stand alone
  std::span<const Unit> units;   ///< from the smallest up
  double bare = 0;               ///< what a number without a unit is multiplied by; 0: only zero needs none
  bool whole = false;            ///< fractions of what is counted make no sense
  std::string_view suffix = {};  ///< may follow the unit and changes nothing: "/s"
};

inline constexpr Unit kDurationUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
inline constexpr Unit kSizeUnits[] = {{"B", 1}, {"kB", 1e3}, {"KiB", 1024}, {"MB", 1e6}, {"MiB", 1024 * 1024}};
inline constexpr Unit kRateUnits[] = {{"kb", 1e3}, {"Mb", 1e6}, {"Gb", 1e9}};
inline constexpr Unit kShareUnits[] = {{"%", 0.01}};
inline constexpr Unit kTimesUnits[] = {{"x", 1}};
inline constexpr Unit kPacketRateUnits[] = {{"pps", 1}, {"kpps", 1e3}, {"Mpps", 1e6}};

inline constexpr Kind kDuration{"a duration", "ms", kDurationUnits, 0, true};     ///< nanoseconds
inline constexpr Kind kSize{"a size", "kB", kSizeUnits, 1, true};                 ///< bytes
inline constexpr Kind kRate{"a rate", "Mb", kRateUnits, 0, false, "/s"};          ///< bits per second
inline constexpr Kind kShare{"a share", "%", kShareUnits};                        ///< of one
inline constexpr Kind kTimes{"a speed", "x", kTimesUnits};                        ///< so many times as fast
inline constexpr Kind kPacketRate{"a speed", "kpps", kPacketRateUnits, 0, true};  ///< packets per second
inline constexpr Kind kNumber{"a number", "", {}, 1};

struct Range {
  double least;
  double most;
  bool zero = false;  ///< is legal as well
};

/// How fast a capture is replayed. One of the two, or neither: as fast as it can be.
struct Speed {
  double time_scale = 0;
  double packets_per_second = 0;

  friend bool operator==(const Speed&, const Speed&) = default;
};

// What is wrong with a text goes to `error` and continues a sentence that begins with the text:
// "50" + ": say the unit, such as 50Mb", "11h" + " is too great: use 10h".

/// A number, perhaps with a fraction, and its unit. The result is in the kind's smallest measure, as said above.
std::optional<double> parse_quantity(std::string_view text, const Kind& kind, Range legal, std::string& error);

/// "2x" or "50kpps".
std::optional<Speed> parse_speed(std::string_view text, std::string& error);

struct CountRange {
  std::uint64_t least;
  std::uint64_t most;
  bool power_of_two = false;  ///< then both ends are
};

/// A number of decimal digits and nothing else.
std::optional<std::uint64_t> parse_count(std::string_view text, CountRange legal, std::string& error);

/// With the unit that makes it shortest: "10ms", "64MiB".
std::string with_unit(double value, const Kind& kind);

/// Whether they differ in nothing but upper and lower case.
bool same_letters(std::string_view a, std::string_view b);

// What is legal: "1us to 10s", "powers of two from 1 to 256", "0.001x to 1000x or 1pps to 1000Mpps".
std::string legal_text(const Kind& kind, Range legal);
std::string legal_text(CountRange legal);
std::string legal_speeds();

}  // namespace packets
