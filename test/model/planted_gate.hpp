#pragma once
// The gate of a group, with a mistake in it, and without.

#include <array>
#include <optional>
#include <span>
#include <whorl/handoff/group_gate.hpp>

#include "model.hpp"

enum class GateBug {
  none,
  answers_beyond_the_claim,
  claimer_has_no_barrier,
  joiner_has_no_barrier,
  joiner_begins_anywhere,
  joiner_starts_where_it_came_in,
  leaves_without_a_release,
  hand_over_is_not_counted,
  takes_a_place_without_an_acquire,
};

/// What whorl::GroupGate is, as far as the models ask. kHeldUp: thread 1 is, as a claimer, between finding a member and
/// reading it, until let_go().
template <GateBug kBug, bool kHeldUp = false>
class PlantedGate {
 public:
  PlantedGate(whorl::Position first, whorl::EmptyGate) : first_(first) {}

  whorl::Position passed(whorl::Position claimed) const noexcept {
    if constexpr (kBug != GateBug::claimer_has_no_barrier) {
      asymmetric_ ? model::light_barrier(used_) : model::full_barrier(used_);
    }
    for (;;) {
      const std::uint64_t handed_over = handed_over_.load(model::Order::acquire);
      const whorl::Position answer = look(claimed);
      if (kBug == GateBug::hand_over_is_not_counted) return answer;
      if (handed_over_.load(model::Order::relaxed) == handed_over) return answer;
    }
  }
  whorl::Position look(whorl::Position claimed) const noexcept {
    std::optional<whorl::Position> slowest;
    if constexpr (kBug != GateBug::answers_beyond_the_claim) slowest = claimed;
    bool empty = true;
    for (std::size_t i = 0, used = used_.load(model::Order::relaxed); i < used; ++i) {
      const whorl::Sequence* const member = places_[i].load(model::Order::acquire);
      if (member == nullptr || member == &nobody_) continue;
      empty = false;
      if (kHeldUp && model::Engine::get().current() == 1) {
        while (!let_go_.load(model::Order::relaxed)) model::yield();
      }
      const whorl::Position passed = member->passed();
      if (!slowest || whorl::distance(passed, *slowest) > 0) slowest = passed;
    }
    return empty ? first_ : *slowest;
  }

  template <class ReadClaimed>
  std::optional<whorl::Position> join(whorl::Sequence& sequence, ReadClaimed&& claimed) noexcept {
    const whorl::Position before = claimed();
    if constexpr (kBug != GateBug::joiner_begins_anywhere) sequence.release(before);
    take_place(sequence);
    if constexpr (kBug != GateBug::joiner_has_no_barrier) model::heavy_barrier(used_);
    const whorl::Position start = kBug == GateBug::joiner_starts_where_it_came_in ? before : claimed();
    sequence.release(start);
    return start;
  }
  bool hand_over(whorl::Sequence& member, std::span<whorl::Sequence* const> upstream) noexcept {
    for (whorl::Sequence* next : upstream) take_place(*next);
    handed_over_.fetch_add(1, model::Order::release);
    model::heavy_barrier(used_);
    return leave(member);
  }
  bool leave(const whorl::Sequence& sequence) noexcept {
    constexpr auto kOrder = kBug == GateBug::leaves_without_a_release ? model::Order::relaxed : model::Order::release;
    for (auto& place : places_) {
      if (place.load(model::Order::relaxed) != &sequence) continue;
      place.store(nullptr, kOrder);
      return true;
    }
    return false;
  }
  void let_go() noexcept { let_go_.store(true, model::Order::relaxed); }

 private:
  void take_place(whorl::Sequence& sequence) noexcept {
    constexpr auto kOrder =
        kBug == GateBug::takes_a_place_without_an_acquire ? model::Order::relaxed : model::Order::acquire;
    std::size_t place = 0;
    for (whorl::Sequence* free = nullptr;
         !places_[place].compare_exchange_strong(free, &nobody_, kOrder, model::Order::relaxed); free = nullptr) {
      ++place;
    }
    places_[place].store(&sequence, model::Order::release);
    std::size_t used = used_.load(model::Order::relaxed);
    while (used <= place &&
           !used_.compare_exchange_weak(used, place + 1, model::Order::relaxed, model::Order::relaxed)) {
    }
  }

  const whorl::Position first_;
  const bool asymmetric_ = model::asymmetric();
  whorl::Sequence nobody_;
  mutable model::Atomic<std::size_t> used_{0, "used"};
  model::Atomic<std::uint64_t> handed_over_{0, "handed_over"};
  std::array<model::Atomic<whorl::Sequence*>, 3> places_{};
  model::Atomic<bool> let_go_{false, "let_go"};
};

template <GateBug kBug>
using HeldUpGate = PlantedGate<kBug, true>;
