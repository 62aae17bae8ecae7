#pragma once
// Ledger: the proof that everything arrived, once, whole and in order. No figure is taken from a run without it.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "item.hpp"

namespace bench {

/// What one producer has done.
struct Sent {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
};

/// A run lost, invented, damaged or reordered items.
struct VerificationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The consumer's half of the books. Each item is compared, word by word, with the one that its producer must have sent
/// next: stronger than a checksum, and two words of state, so that the books cost less than the queue.
template <std::size_t kProducers>
class Ledger {
  static_assert(std::has_single_bit(kProducers), "the producer's number is masked, never out of range");

 public:
  Ledger() noexcept {
    for (std::size_t producer = 0; producer < kProducers; ++producer) next_[producer] = first_tag(producer);
  }

  template <class Item>
  void enter(const Item& item) noexcept {
    difference_ |= difference(item, next_[producer_of(tag_of(item)) & (kProducers - 1)]++);
  }

  /// Items that have arrived.
  std::uint64_t count() const noexcept {
    std::uint64_t count = 0;
    for (std::size_t producer = 0; producer < kProducers; ++producer) count += next_[producer] - first_tag(producer);
    return count;
  }

  /// Compares with what the producers say they have sent.
  ///
  /// Errors:  VerificationError, saying what differs.
  void verify(const std::array<Sent, kProducers>& sent) const {
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      const std::uint64_t delivered = next_[producer] - first_tag(producer);
      if (delivered != sent[producer].accepted) {
        throw VerificationError("of producer " + std::to_string(producer) + ", " +
                                std::to_string(sent[producer].accepted) + " items were accepted and " +
                                std::to_string(delivered) + " delivered");
      }
    }
    if (difference_ != 0) throw VerificationError("items of one producer arrived out of order, twice or changed");
  }

 private:
  std::array<Tag, kProducers> next_;  // what each producer's next item must carry
  std::uint64_t difference_ = 0;      // not zero once an item was not the one expected
};

}  // namespace bench
