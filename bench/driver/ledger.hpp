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
/// next: stronger than a checksum, and two words of state, so that the books cost less than the queue. With several
/// lanes the order holds among every kLanes'th item of a producer only, and there is a word for each lane.
template <std::size_t kProducers, std::size_t kLanes = 1>
class Ledger {
  static_assert(std::has_single_bit(kProducers), "the producer's number is masked, never out of range");
  static_assert(std::has_single_bit(kLanes), "and so is the lane's");

 public:
  Ledger() noexcept {
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) next_[producer][lane] = first_tag(producer) + lane;
    }
  }

  template <class Item>
  void enter(const Item& item) noexcept {
    const Tag tag = tag_of(item);
    Tag& next = next_[producer_of(tag) & (kProducers - 1)][tag & (kLanes - 1)];
    difference_ |= difference(item, next);
    next += kLanes;
  }

  /// Enters items one after the other, as enter() does. The place of the producer that sent the last one is at hand
  /// meanwhile, in a register: where many come of one producer, the books would else cost more than the queue, for each item
  /// would wait for the store of the one before it.
  class Run {
    static_assert(kLanes == 1);

   public:
    explicit Run(Ledger& books) noexcept : books_(books), next_(books.next_[0][0]) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
      books_.next_[producer_][0] = next_;
      books_.difference_ |= difference_;
    }

    template <class Item>
    void enter(const Item& item) noexcept {
      const std::size_t producer = producer_of(tag_of(item)) & (kProducers - 1);
      if (producer != producer_) [[unlikely]]
        turn_to(producer);
      difference_ |= difference(item, next_);
      ++next_;
    }

   private:
    void turn_to(std::size_t producer) noexcept {
      books_.next_[producer_][0] = next_;
      producer_ = producer;
      next_ = books_.next_[producer][0];
    }

    Ledger& books_;
    std::size_t producer_ = 0;
    Tag next_;  // of that one
    std::uint64_t difference_ = 0;
  };

  /// Items that have arrived.
  std::uint64_t count() const noexcept {
    std::uint64_t count = 0;
    for (std::size_t producer = 0; producer < kProducers; ++producer) count += count_of(producer);
    return count;
  }

  /// Of one producer.
  std::uint64_t count_of(std::size_t producer) const noexcept {
    std::uint64_t count = 0;
    for (const Tag next : next_[producer]) count += (next - first_tag(producer)) / kLanes;
    return count;
  }

  /// Compares with what the producers say they have sent.
  ///
  /// Errors:  VerificationError, saying what differs.
  void verify(const std::array<Sent, kProducers>& sent) const {
    bool each_once = difference_ == 0;
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      const std::uint64_t delivered = count_of(producer);
      if (delivered != sent[producer].accepted) {
        throw VerificationError("of producer " + std::to_string(producer) + ", " +
                                std::to_string(sent[producer].accepted) + " items were accepted and " +
                                std::to_string(delivered) + " delivered");
      }
      // Each lane ends at the first of its items that was not sent.
      for (const Tag next : next_[producer]) each_once &= next - first_tag(producer) - delivered < kLanes;
    }
    if (!each_once) throw VerificationError("items of one producer arrived out of order, twice or changed");
  }

 private:
  std::array<std::array<Tag, kLanes>, kProducers> next_;  // what each producer's next item must carry
  std::uint64_t difference_ = 0;                          // not zero once an item was not the one expected
};

}  // namespace bench
