#pragma once
// Which numbered packets have come.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>

#include "fate.hpp"

namespace packets {

/// A set of numbers from 0 on that come in almost any order. It keeps a bit for each number behind the first 64 that are not
/// complete, and of no more than a window of them: what has not come so far behind the highest one is a gap for good.
///
/// The window must be longer than what all producers together send while one of them is without its CPU, for that one has
/// taken its number already. How large the ring is does not matter: the others' shards have room.
///
/// Threads:  one.
/// Errors:   std::bad_alloc.
class OrderSet {
 public:
  static constexpr std::uint64_t kWindow = std::uint64_t{1} << 26;  // 8 MiB of bits; 2 s of 30 million packets a second

  /// `window`: rounded up to words of 64, and no less than one.
  explicit OrderSet(std::uint64_t window = kWindow) : window_(std::max<std::uint64_t>((window + 63) / 64, 1)) {}

  /// late: it is behind the window, where something is missing and nobody knows any more what.
  Fate add(std::uint64_t number) {
    const std::uint64_t word = number / 64;
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    if (word < first_) return word < given_up_ ? Fate::late : Fate::duplicate;
    if (word - first_ >= words_.size()) go_on_to(word);
    std::uint64_t& bits = words_[word - first_];
    if ((bits & bit) != 0) return Fate::duplicate;
    bits |= bit;
    while (!words_.empty() && words_.front() == ~std::uint64_t{0}) forget_first();
    return Fate::delivered;
  }

  /// How many of the numbers below `end`, which is not behind the window, have not come in time.
  std::uint64_t missing(std::uint64_t end) const {
    if (end <= first_ * 64) return gaps_;
    std::uint64_t missing = gaps_ + end - first_ * 64;
    for (std::size_t i = 0; i < words_.size() && first_ + i <= end / 64; ++i) {
      const bool whole = first_ + i < end / 64;
      const std::uint64_t below = whole ? ~std::uint64_t{0} : (std::uint64_t{1} << end % 64) - 1;
      missing -= static_cast<std::uint64_t>(std::popcount(words_[i] & below));
    }
    return missing;
  }

  /// How many numbers it keeps a bit for.
  std::uint64_t kept() const { return words_.size() * 64; }

 private:
  // Makes `word` the last one.
  void go_on_to(std::uint64_t word) {
    const std::uint64_t first = word + 1 - std::min(word + 1, window_);
    while (first_ < first && !words_.empty()) forget_first();
    if (first_ < first) {
      gaps_ += (first - first_) * 64;
      first_ = given_up_ = first;
    }
    words_.resize(word - first_ + 1);
  }
  void forget_first() {
    const std::uint64_t missing = ~words_.front();
    words_.pop_front();
    ++first_;
    gaps_ += static_cast<std::uint64_t>(std::popcount(missing));
    if (missing != 0) given_up_ = first_;
  }

  const std::uint64_t window_;  // words
  std::uint64_t first_ = 0;     // words of 64 numbers that are forgotten
  std::uint64_t gaps_ = 0;      // numbers in them that had not come
  std::uint64_t given_up_ = 0;  // words up to the last one of those
  std::deque<std::uint64_t> words_;
};

}  // namespace packets
