#pragma once
// Witness: sits beside a ring and remembers what its threads were told, so that it can tell when that was wrong.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elements.hpp"

/// Judges one ring or shard of `capacity`: each accepted item is delivered once, in its producer's order; a write is
/// refused only if, as far as the consumer's releases have reached the writing thread, `capacity` items are inside;
/// what was refused is untouched. It uses nothing that threads share, so it adds no order of its own.
class Witness {
 public:
  explicit Witness(std::size_t capacity) : capacity_(capacity) {
    Element::reset();
    FragileElement::reset();
  }

  // ---- producers -------------------------------------------------------------------------------------------------

  /// A write of `items` items begins; its end is told to one of the two below.
  struct Attempt {
    std::size_t items;
    std::size_t released;  // items whose room the consumer gave back, as far as this thread knows
  };
  Attempt begin_write(std::size_t items) {
    under_way_ += items;
    return {items, known_released()};
  }
  /// The first `accepted` of `offers` were accepted, the others were refused.
  void end_write(const Attempt& attempt, std::span<const Offer> offers, std::size_t accepted) {
    under_way_ -= attempt.items;
    for (std::size_t i = 0; i < offers.size(); ++i) {
      model::require(offers[i].taken == (i < accepted), "a refused value was touched, or an accepted one was not");
      if (i < accepted) accept(offers[i]);
    }
    if (accepted == attempt.items) return;
    refused_ += attempt.items - accepted;
    const std::size_t inside = accepted_ + given_up_ + under_way_ - attempt.released;
    model::require(closed_ || inside >= capacity_, "a write was refused though there was room");
  }
  /// The item after the first `accepted` threw; `kept` says that its position stays taken (a tombstone).
  void end_throw(const Attempt& attempt, std::span<const Offer> offers, std::size_t accepted, std::size_t kept) {
    under_way_ -= attempt.items;
    given_up_ += kept;
    for (const Offer& offer : offers.first(accepted)) accept(offer);
  }
  void begin_close() noexcept { closed_ = true; }
  bool is_closing() const noexcept { return closed_; }

  // ---- the consumer ----------------------------------------------------------------------------------------------

  template <bool kMayThrow>
  void deliver(const BasicElement<kMayThrow>& element) {
    const std::size_t producer = element.producer();
    model::require(producer < next_.size(), "an item is delivered that nobody wrote");
    model::require(element.number() >= next_[producer], "an item is delivered twice or out of order");
    next_[producer] = element.number() + 1;
    delivered_set_[producer] |= bit(element.number());
    ++delivered_;
  }
  /// A read has ended: the room of what was delivered is free from here on.
  void end_read() {
    if (model::Engine::get().inside()) releases_.push_back({model::Engine::get().last_operation(), delivered_});
  }
  std::size_t delivered() const noexcept { return delivered_; }

  // ---- at the end ------------------------------------------------------------------------------------------------

  /// Everything accepted has been delivered, and `stats` counts the same.
  template <class Stats>
  void settle(const Stats& stats) const {
    model::require(accepted_set_ == delivered_set_, "an accepted item was not delivered, or a refused one was");
    model::require(stats.accepted == accepted_ && stats.delivered == delivered_, "the ring miscounts its items");
    model::require(stats.refused == refused_, "the ring miscounts its refusals");
    model::require(stats.tombstones == given_up_, "the ring miscounts its tombstones");
    model::require(Element::live() == 0 && FragileElement::live() == 0, "an element was not destroyed");
  }

 private:
  static constexpr std::size_t kMaxProducers = 4;
  struct Release {
    model::Moment moment;
    std::size_t delivered;
  };

  static std::uint64_t bit(std::size_t number) noexcept { return std::uint64_t{1} << number; }
  void accept(const Offer& offer) noexcept {
    accepted_set_[offer.producer] |= bit(offer.number);
    ++accepted_;
  }
  std::size_t known_released() const {
    if (!model::Engine::get().inside()) return delivered_;
    std::size_t known = 0;
    for (const Release& release : releases_) {
      if (model::Engine::get().knows(release.moment)) known = release.delivered;
    }
    return known;
  }

  std::size_t capacity_;
  std::size_t accepted_ = 0;   // positions
  std::size_t given_up_ = 0;   // tombstones
  std::size_t under_way_ = 0;  // items of writes that have not ended
  std::size_t refused_ = 0;    // items that found no room
  std::size_t delivered_ = 0;
  bool closed_ = false;
  std::array<std::uint64_t, kMaxProducers> accepted_set_{};  // a bit for each number
  std::array<std::uint64_t, kMaxProducers> delivered_set_{};
  std::array<std::size_t, kMaxProducers> next_{};  // the lowest number that may still come
  std::vector<Release> releases_;
};
