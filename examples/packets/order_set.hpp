#pragma once
// Which numbered packets have come.

#include <bit>
#include <cstdint>
#include <deque>

namespace packets {

/// A set of numbers from 0 on that come in almost any order. It keeps a bit for each number behind the first 64 that are
/// not complete.
///
/// Threads:  one.
/// Errors:   std::bad_alloc.
class OrderSet {
 public:
  /// False: it is in it already.
  bool add(std::uint64_t number) {
    const std::uint64_t word = number / 64;
    if (word < complete_) return false;
    if (word - complete_ >= words_.size()) words_.resize(word - complete_ + 1);
    std::uint64_t& bits = words_[word - complete_];
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    if ((bits & bit) != 0) return false;
    bits |= bit;
    for (; !words_.empty() && words_.front() == ~std::uint64_t{0}; ++complete_) words_.pop_front();
    return true;
  }

  /// How many of the numbers below `end` are not in it.
  std::uint64_t missing(std::uint64_t end) const {
    if (end <= complete_ * 64) return 0;
    std::uint64_t missing = end - complete_ * 64;
    for (std::size_t i = 0; i < words_.size() && complete_ + i <= end / 64; ++i) {
      const bool whole = complete_ + i < end / 64;
      const std::uint64_t below = whole ? ~std::uint64_t{0} : (std::uint64_t{1} << end % 64) - 1;
      missing -= static_cast<std::uint64_t>(std::popcount(words_[i] & below));
    }
    return missing;
  }

 private:
  std::uint64_t complete_ = 0;  // words of 64 numbers that are all in it
  std::deque<std::uint64_t> words_;
};

}  // namespace packets
