#pragma once
// What the values of flags may be: rules that know the legal ones, say them, and read and write them.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <whorl/ring/write_policy.hpp>

#include "absl/strings/string_view.h"
#include "options.hpp"
#include "units.hpp"

namespace packets {

inline constexpr std::uint64_t kMostSlots = std::uint64_t{1} << 24;

// Flags are identifiers to Abseil, and words with hyphens to everybody else.
inline std::string with(char separator, std::string_view name) {
  std::string text(name);
  std::ranges::replace_if(text, [](char c) { return c == '-' || c == '_'; }, separator);
  return text;
}

// How many letters to add, to leave out or to change make `b` of `a`.
inline std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row[b.size()];
}

// Those of `names` that somebody who wrote `word` may have meant: it begins them, or nearly is one.
inline std::vector<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& names) {
  std::vector<std::string_view> found;
  if (word.empty()) return found;
  std::ranges::copy_if(names, std::back_inserter(found), [&](std::string_view name) { return name.starts_with(word); });
  if (!found.empty()) return found;
  std::size_t least = 1 + word.size() / 4;  // more letters leave more room for mistakes
  for (const std::string_view name : names) {
    const std::size_t letters = distance(word, name);
    if (letters > least || letters >= name.size()) continue;
    if (letters < least) found.clear();
    least = letters;
    found.push_back(name);
  }
  return found;
}

inline std::string joined(const std::vector<std::string_view>& words, std::string_view last,
                          std::string_view before = "") {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text.append(i == 0 ? "" : i + 1 == words.size() ? last : ", ").append(before).append(words[i]);
  }
  return text;
}

// A word that stands for a value, or, without one, leaves it to the program.
template <class Value>
struct Word {
  std::string_view name;
  std::optional<Value> value = {};
};

inline constexpr Word<std::uint64_t> kAutoCount[] = {{"auto"}};
inline constexpr Word<double> kAuto[] = {{"auto"}};
inline constexpr Word<double> kAutoOrNever[] = {{"auto"}, {"never", 0.0}};
inline constexpr Word<double> kMaxRate[] = {{"max", 0.0}};
inline constexpr Word<Speed> kMaxSpeed[] = {{"max", Speed{}}};

// Rules know the legal values of a flag, say them, and read and write them. See units.hpp for `error`.
struct QuantityRule {
  using Value = double;
  Kind kind;
  Range range;
  std::span<const Word<double>> words = {};

  std::optional<double> parse(std::string_view text, std::string& error) const {
    return parse_quantity(text, kind, range, error);
  }
  std::string legal() const { return legal_text(kind, range); }
  std::string text(double value) const { return with_unit(value, kind); }
};

struct CountRule {
  using Value = std::uint64_t;
  CountRange range;
  std::span<const Word<std::uint64_t>> words = {};

  std::optional<std::uint64_t> parse(std::string_view text, std::string& error) const {
    return parse_count(text, range, error);
  }
  std::string legal() const { return legal_text(range); }
  std::string text(std::uint64_t value) const { return std::to_string(value); }
};

struct SpeedRule {
  using Value = Speed;
  std::span<const Word<Speed>> words = kMaxSpeed;

  std::optional<Speed> parse(std::string_view text, std::string& error) const { return parse_speed(text, error); }
  std::string legal() const { return legal_speeds(); }
  std::string text(Speed speed) const {
    return speed.time_scale > 0 ? with_unit(speed.time_scale, kTimes)
                                : with_unit(speed.packets_per_second, kPacketRate);
  }
};

// One of several names; the value is its index.
template <class Choice>
struct ChoiceRule {
  using Value = std::size_t;
  std::span<const Choice> choices;
  std::span<const Word<std::size_t>> words = {};

  std::vector<std::string_view> names() const {
    std::vector<std::string_view> found;
    for (const Choice& choice : choices) found.push_back(choice.name);
    return found;
  }
  std::optional<std::size_t> parse(std::string_view text, std::string& error) const {
    const std::string word = with('-', text);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (same_letters(word, choices[i].name) || same_letters(word, choices[i].long_name)) return i;
    }
    const auto near = nearest(word, names());
    error = near.empty() ? " is not known" : " is not known: did you mean " + joined(near, " or ") + "?";
    return {};
  }
  std::string legal() const { return joined(names(), " or "); }
  std::string text(std::size_t index) const { return std::string(choices[index].name); }
};

struct Full {
  std::string_view name;
  std::string_view long_name;
  WhenFull when;
  std::uint64_t backoffs;  // unless --backoffs says how many
};
inline constexpr Full kFulls[] = {
    {"block", "block", WhenFull::block, 0},
    {"drop-new", "drop-newest", WhenFull::drop_new, 100},
    {"drop-old", "drop-oldest", WhenFull::drop_old, 1},
};

struct Strategy {
  std::string_view name;
  std::string_view long_name;
  whorl::WritePolicy policy;
};
inline constexpr Strategy kStrategies[] = {
    {"park", "park", {}},
    {"sleep", "sleep-backoff", whorl::WritePolicy::sleep_backoff()},
    {"next", "next-shard", whorl::WritePolicy::next_shard()},
    {"random", "random-shard", whorl::WritePolicy::random_shard()},
    {"adaptive", "adaptive-backoff", whorl::WritePolicy::adaptive_backoff()},
    {"spin", "spin-then-yield", whorl::WritePolicy::spin_then_yield()},
    {"hybrid", "hybrid", whorl::WritePolicy::hybrid()},
    {"auto", "auto-adaptive", whorl::WritePolicy::auto_adaptive()},
};

inline constexpr double kMicrosecond = 1e3, kMillisecond = 1e6, kSecond = 1e9, kHour = 3600e9;

inline constexpr CountRule kLoops{{1, 1'000'000}};
inline constexpr SpeedRule kSpeed{};
inline constexpr QuantityRule kSnap{kSize, {16, 262'144}};
inline constexpr QuantityRule kBuffer{kSize, {65'536, 1 << 30}};
inline constexpr QuantityRule kBitRate{kRate, {1e3, 100e9}, kMaxRate};
inline constexpr QuantityRule kPayload{kSize, {16, 65'000}};
inline constexpr CountRule kSeed{{0, UINT64_MAX}};
inline constexpr QuantityRule kFault{kShare, {0, 0.5}};
inline constexpr QuantityRule kMultiplier{kNumber, {0.1, 100}};
inline constexpr CountRule kProducers{{1, 256}};
inline constexpr CountRule kShards{{1, 256, true}, kAutoCount};
inline constexpr CountRule kCapacity{{1, kMostSlots, true}, kAutoCount};
inline constexpr ChoiceRule<Full> kFull{kFulls};
inline constexpr ChoiceRule<Strategy> kStrategy{kStrategies};
inline constexpr QuantityRule kBackoff{kDuration, {kMicrosecond, kSecond}};
inline constexpr CountRule kRetries{{1, 1'000'000}, kAutoCount};
inline constexpr CountRule kBackoffs{{1, 1'000'000'000}, kAutoCount};
inline constexpr QuantityRule kTick{kDuration, {kMicrosecond, 10 * kSecond, true}, kAuto};
inline constexpr CountRule kWindow{{1, 4 * kMostSlots}, kAutoCount};
inline constexpr QuantityRule kDeadline{kDuration, {kMicrosecond, kHour}, kAutoOrNever};
inline constexpr QuantityRule kRunTime{kDuration, {kMillisecond, 10'000 * kHour, true}};
inline constexpr QuantityRule kInterval{kDuration, {10 * kMillisecond, kHour}};

template <const auto& kRule>
std::string legal_values() {
  std::string text;
  for (const auto& word : kRule.words) text.append(word.name).append(", ");
  return text + kRule.legal();
}

// The value of a flag that obeys a rule; none: left to the program.
template <const auto& kRule>
struct Setting {
  std::optional<typename std::remove_cvref_t<decltype(kRule)>::Value> value;

  friend bool AbslParseFlag(absl::string_view characters, Setting* setting, std::string* error) {
    const std::string_view text(characters.data(), characters.size());
    for (const auto& word : kRule.words) {
      if (!same_letters(text, word.name)) continue;
      setting->value = word.value;
      return true;
    }
    setting->value = kRule.parse(text, *error);
    if (!setting->value) *error += " (legal: " + legal_values<kRule>() + ")";
    return setting->value.has_value();
  }
  friend std::string AbslUnparseFlag(const Setting& setting) {
    for (const auto& word : kRule.words) {
      if (setting.value == word.value) return std::string(word.name);
    }
    return setting.value ? kRule.text(*setting.value) : "";
  }
};

}  // namespace packets
