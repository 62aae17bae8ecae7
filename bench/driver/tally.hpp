#pragma once
// Tally: the books of a run whose producers' items may overtake each other: that everything arrived, once and whole.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ledger.hpp"

namespace bench {

/// What Ledger is, without the order: of each producer, how many came, and a sum of what they were, which no loss, double
/// or change of an item leaves as it was but by a chance of 1 in 2^64.
template <std::size_t kProducers>
class Tally {
  static_assert(std::has_single_bit(kProducers), "the producer's number is masked, never out of range");

 public:
  void enter(std::uint64_t item) noexcept {
    Each& each = each_[producer_of(item) & (kProducers - 1)];
    ++each.count;
    each.sum += mixed(item);
  }

  std::uint64_t count() const noexcept {
    std::uint64_t count = 0;
    for (const Each& each : each_) count += each.count;
    return count;
  }

  /// Errors:  VerificationError, saying what differs.
  void verify(const std::array<Sent, kProducers>& sent) const {
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      std::uint64_t sum = 0;
      const Tag first = first_tag(producer);
      for (Tag tag = first; tag != first + sent[producer].accepted; ++tag) sum += mixed(tag);
      if (each_[producer].count == sent[producer].accepted && each_[producer].sum == sum) continue;
      throw VerificationError("of producer " + std::to_string(producer) + ", " +
                              std::to_string(sent[producer].accepted) + " items were accepted and " +
                              std::to_string(each_[producer].count) + " delivered, or some twice or changed");
    }
  }

 private:
  struct Each {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
  };

  // The finisher of splitmix64: a bijection, so that equal sums of equally many tags are no accident.
  static constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::array<Each, kProducers> each_{};
};

}  // namespace bench
