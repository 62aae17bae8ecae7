#pragma once
// GroupGate: the gate of a ring with several consumers, which may come and go while producers run.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <whorl/handoff/gate.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/wait/event_count.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a gate without members says.
enum class EmptyGate : bool {
  full,  ///< nothing beyond the first lap is free: producers wait for the first member
  open,  ///< everything is free: producers overwrite what nobody reads
};

/// The slowest of a group of sequences. A producer keeps the answer, so that whoever joins must start where no answer
/// that was given without it can overrun it:
///
///     claimer:  reads the claim counter; light barrier; reads the members; answers at most what it read first
///     joiner:   is a member at the claim counter; heavy barrier; starts at the claim counter
///
/// A claimer that comes first has read a claim counter that the joiner sees, so that its answer, now or later, is at most
/// the joiner's start; one that comes second counts the joiner. Both barriers and the cap at what was claimed are needed,
/// and so is that a claim counter moves back no further than to where an answer was asked for (ExclusiveClaim::forget).
///
/// Members outlive the gate: one that has left may still be read by a claimer, to whom it does no harm then, whatever
/// it says. Those that take over from it are where they are, not at the claim counter: there a claimer that has read of
/// neither must look again, so that hand-overs are counted.
///
/// What was claimed and not published before the first member joined, or the last one left, is guarded by nobody.
///
/// Threads:   any. A sequence joins or leaves by one thread at a time.
/// Progress:  passed() is wait-free, a load and a line for each member, but for hand-overs, each of which makes it look
///            again; join is lock-free, leave wait-free, but for a system call that interrupts every running thread (join,
///            hand_over), and one that wakes sleepers.
/// Source:    the gating sequences of the LMAX Disruptor, whose minimum is capped by the claim for the same reason.
class GroupGate {
 public:
  static constexpr std::size_t kMostMembers = 64;

  explicit GroupGate(Position first, EmptyGate empty = EmptyGate::full) noexcept : first_(first), empty_(empty) {}

  /// A claimer that has read `claimed`: every slot below the answer is free. Not inline: claims ask now and then only.
  [[gnu::noinline]] Position passed(Position claimed) const noexcept {
    pass_barrier();
    for (;;) {
      // (43) acquire pairs with release (42): who counts the hand-over sees the new members.
      const std::uint64_t handed_over = handed_over_.load(sync::acquire);
      Position slowest = claimed;
      bool is_empty = true;
      // Relaxed, both: the barrier decides which members are seen.
      for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i) {
        const Sequence* const member = at(i);
        if (member == nullptr) continue;
        is_empty = false;
        const Position passed = member->passed();
        if (distance(passed, slowest) > 0) slowest = passed;
      }
      // Relaxed: who has seen that a member has gone, or gone on, after a hand-over sees that it was counted.
      if (handed_over_.load(sync::relaxed) != handed_over) continue;
      return is_empty && empty_ == EmptyGate::full ? first_ : slowest;
    }
  }

  /// Makes `sequence` a member. claimed() reads the claim counter of the claims that this gate is for.
  ///
  /// Returns:  where its owner starts, which the sequence has been set to; nothing, and the sequence is as it was, when it
  ///           is a member already or there are kMostMembers.
  template <std::invocable ReadClaimed>
  [[nodiscard]] std::optional<Position> join(Sequence& sequence, ReadClaimed&& claimed) noexcept {
    if (contains(sequence)) return std::nullopt;
    const std::size_t place = reserve();
    if (place == kMostMembers) return std::nullopt;
    sequence.release(claimed());  // not beyond the start, as long as that is not known
    settle(place, sequence);
    sync::heavy_barrier(used_);
    const Position start = claimed();
    sequence.release(start);
    changed_.notify();  // a group that was empty may have room now
    return start;
  }

  /// Ends the membership of `sequence`; producers that waited for it go on. False: it is no member.
  bool leave(Sequence& sequence) noexcept {
    // Relaxed, both: as many places as the member's own join used, at least.
    for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i) {
      if (places_[i].load(sync::relaxed) != &sequence) continue;  // relaxed: compared, not followed
      vacate(i, sequence);
      return true;
    }
    return false;
  }

  /// `member`, whose owner has stopped, leaves, and `upstream`, which it has followed, become members where they are, if
  /// they are none yet; their owners may be running.
  ///
  /// Returns:  false, and nothing has changed, when `member` is none or there are not so many places.
  bool hand_over(Sequence& member, std::span<Sequence* const> upstream) noexcept {
    if (!contains(member)) return false;
    std::uint64_t places = 0;  // those taken here
    for (Sequence* next : upstream) {
      if (contains(*next)) continue;
      WHORL_ASSERT(distance(member.passed(), next->passed()) >= 0,
                   "hand over to sequences that the member has followed");
      const std::size_t place = reserve();
      if (place == kMostMembers) return undo(places);
      settle(place, *next);
      places |= std::uint64_t{1} << place;
    }
    // (42) release pairs with acquire (43): the new members.
    handed_over_.fetch_add(1, sync::release);
    sync::heavy_barrier(used_);  // for wake(), as at the end of a join
    for (Sequence* next : upstream) next->waiting().notify();
    return leave(member);
  }

  bool contains(const Sequence& sequence) const noexcept {
    // Relaxed: whoever asks about its own sequence has seen its join.
    for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i)
      if (places_[i].load(sync::relaxed) == &sequence) return true;  // relaxed: compared, not followed
    return false;
  }

  std::size_t size() const noexcept {
    std::size_t members = 0;
    // Relaxed: news; after a barrier, what that makes of it.
    for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i) members += at(i) != nullptr;
    return members;
  }

  /// Unless somebody joins, passed() does not come to `needed`: who is behind has ended, or there is nobody.
  bool ends_before(Position needed) const noexcept {
    bool is_empty = true;
    // Relaxed: news, as above.
    for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i) {
      const Sequence* const member = at(i);
      if (member == nullptr) continue;
      is_empty = false;
      if (member->ends_before(needed - 1)) return true;
    }
    return is_empty;
  }

  /// What EventCount::sleep_unless is, for who waits until passed() reaches `needed`, or something else that wake() comes
  /// after: it sleeps on one member that is behind.
  template <class Ready>
  bool sleep_unless(Position needed, Ready&& ready, const Until& until) {
    // Relaxed: a member that is missed makes ready() false, and the next look finds it.
    for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i) {
      Sequence* const member = at(i);
      if (member == nullptr || distance(member->passed(), needed) <= 0) continue;
      // Relaxed: compared, not followed.
      return sleep_on(member->waiting(), ready, until, [&] {
        return places_[i].load(sync::relaxed) != member || distance(member->passed(), needed) <= 0;
      });
    }
    return sleep_on(changed_, ready, until, [&] { return size() != 0; });
  }
  /// What those sleep on that wait for a first member.
  const EventCount& changed() const noexcept { return changed_; }
  /// After a change besides members and their positions: wakes all that sleep_unless() has put to sleep.
  void wake() noexcept {
    // A member that this thread does not see has yet to pass the barrier of its join: whoever sleeps on it by then is woken
    // by the end of that, and sees the change. One that has left has woken who slept on it.
    pass_barrier();
    changed_.notify();
    // Relaxed: see above.
    for (std::size_t i = 0, used = used_.load(sync::relaxed); i < used; ++i)
      if (Sequence* const member = at(i)) member->waiting().notify();
  }

 private:
  // Between what this thread has read or announced, and its look at the members.
  void pass_barrier() const noexcept {
    if (one_sided_) {
      sync::light_barrier(used_);
    } else {
      sync::full_barrier(used_);
    }
  }

  // Sleeps on `event` unless ready(), which it returns, or there is another one to sleep on.
  template <class Ready, class Elsewhere>
  bool sleep_on(EventCount& event, Ready&& ready, const Until& until, Elsewhere&& elsewhere) {
    bool is_ready = false;
    const auto look = [&] {
      is_ready = ready();
      return is_ready || elsewhere();
    };
    event.sleep_unless(look, until);
    return is_ready;
  }

  Sequence* at(std::size_t i) const noexcept {
    // (23) acquire pairs with release (24) and (39): the member has been constructed, and set to where it joins; who
    // has left was done.
    Sequence* const member = places_[i].load(sync::acquire);
    return member == &nobody_ ? nullptr : member;
  }

  // A place for a member that is not ready yet; kMostMembers: there is none.
  std::size_t reserve() noexcept {
    for (std::size_t i = 0; i < kMostMembers; ++i) {
      Sequence* free = nullptr;
      // (46) acquire pairs with release (39): who finds the newcomer here, and nobody else, sees that the one before it was
      // done. Relaxed on failure: nothing is read then.
      if (!places_[i].compare_exchange_strong(free, &nobody_, sync::acquire, sync::relaxed)) continue;
      std::size_t used = used_.load(sync::relaxed);  // relaxed: the barrier of join orders it
      while (used < i + 1 && !used_.compare_exchange_weak(used, i + 1, sync::relaxed, sync::relaxed)) {
      }
      return i;
    }
    return kMostMembers;
  }
  void settle(std::size_t i, Sequence& sequence) noexcept {
    // (24) release pairs with acquire (23).
    places_[i].store(&sequence, sync::release);
  }
  void vacate(std::size_t i, Sequence& sequence) noexcept {
    // (39) release pairs with acquire (23) and (46): a claimer that finds nobody, or another member, does not read this one's
    // sequence, and yet it is done with every slot.
    places_[i].store(nullptr, sync::release);
    sequence.waiting().notify();
  }

  bool undo(std::uint64_t places) noexcept {
    for (std::size_t i = 0; i < kMostMembers; ++i)
      if ((places >> i & 1) != 0) vacate(i, *at(i));
    return false;
  }

  const Position first_;                                        // nobody, after construction
  const EmptyGate empty_;                                       // as above
  const bool one_sided_ = sync::asymmetric();                   // as above
  Sequence nobody_;                                             // nobody: stands where one is about to join
  mutable sync::Atomic<std::size_t> used_{0};                   // joiners: places below it have been in use; quiet
  sync::Atomic<std::uint64_t> handed_over_{0};                  // who hands over: how often; quiet
  std::array<sync::Atomic<Sequence*>, kMostMembers> places_{};  // joiners and leavers; quiet
  alignas(kCacheLine) EventCount changed_{EventCount::Payer::both};
};

static_assert(Gate<GroupGate>);

}  // namespace whorl::inline WHORL_ABI_TAG
