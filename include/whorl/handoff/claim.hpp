#pragma once
// Claim: who among the producers may write which position. Space is proven before a position is taken and a position,
// once taken, is never given back by moving a counter: that is what keeps a ring without holes
// (docs/decisions/0001-claim-by-cas.md tells what happens otherwise).

#include <concepts>
#include <whorl/handoff/gate.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Divides positions among producers. `capacity` is the number of slots, a power of two.
///
/// try_claim(least, most, gate)  between `least` and `most` positions, or none when fewer than `least` are free or the
///                               claim is closed; asks the gate only when the room it remembers has run out
/// claimed()                     the position after the last claimed one
/// close()                       no claim succeeds any more
/// is_shared()                   producers may be claiming at once (shared claims only)
/// is_closed(), is_final()       close() was called; and nothing will be claimed again: claimed() does not grow
template <class C>
concept Claim = requires(C& claim, const C& view, const ConsumerCursor& gate, std::size_t n) {
  { claim.try_claim(n, n, gate) } noexcept -> std::same_as<Claimed>;
  { view.claimed() } noexcept -> std::same_as<Position>;
  { claim.close() } noexcept;
  { view.is_closed() } noexcept -> std::same_as<bool>;
  { view.is_final() } noexcept -> std::same_as<bool>;
  { C::kShared } -> std::convertible_to<bool>;
};

/// One producer: plain loads and stores, no read-modify-write. The right to be that producer is taken with try_own()
/// and given back with disown(); whoever takes it next goes on where the last one stopped.
///
/// Threads:   try_claim and forget: the owner. Everything else: any thread.
/// Progress:  try_claim is wait-free; close and disown are wait-free where fetch_or is.
/// Source:    the cached limit is the single-producer sequencer's of the LMAX Disruptor.
class ExclusiveClaim {
 public:
  static constexpr bool kShared = false;

  ExclusiveClaim(Position first, std::size_t capacity) noexcept
      : next_(first), limit_(first + capacity), capacity_(capacity) {}

  /// True: the caller is the producer from now on. False: somebody else is, or the claim is closed.
  bool try_own() noexcept {
    unsigned free = 0;
    // (3) acquire pairs with release (4): the new owner continues from the last owner's position and limit. Relaxed
    // on failure: nothing is read then.
    return state_.compare_exchange_strong(free, kOwned, sync::acquire, sync::relaxed);
  }

  void disown() noexcept {
    // (4) release pairs with acquire (3) and (5): the owner's last claims come before the right is free again.
    state_.fetch_and(~kOwned, sync::release);
  }

  /// Inline, so that it is a dozen instructions wherever it is called from.
  template <Gate G>
  [[gnu::always_inline]] Claimed try_claim(std::size_t least, std::size_t most, const G& gate) noexcept {
    // Relaxed: "closed" is news, not a hand-over; an owner that hears of it one call later has merely claimed first.
    if ((state_.load(sync::relaxed) & kClosed) != 0) [[unlikely]]
      return {};
    sync::plain_write(&limit_);
    const Position first = next_.load(sync::relaxed);  // relaxed: written by this thread
    if (distance(first, limit_) < static_cast<std::int64_t>(most)) [[unlikely]] {
      limit_ = gate.passed(first) + capacity_;
      const std::int64_t room = distance(first, limit_);
      if (room < static_cast<std::int64_t>(least)) return {};
      if (room < static_cast<std::int64_t>(most)) most = static_cast<std::size_t>(room);
    }
    next_.store(first + most, sync::relaxed);  // relaxed: claims order nothing, the cells do
    return {first, most};
  }

  /// Takes back the last claim, or its tail: nobody has seen it.
  void forget(Claimed tail) noexcept {
    // Relaxed: written by this thread.
    WHORL_ASSERT(next_.load(sync::relaxed) == tail.first + tail.count, "only the last claim can be forgotten");
    next_.store(tail.first, sync::relaxed);
    // Who joins the gate at this position must not be overrun by a limit that was asked for at a later one.
    if (distance(tail.first + capacity_, limit_) > 0) limit_ = tail.first + capacity_;
  }

  Position claimed() const noexcept { return next_.load(sync::relaxed); }  // relaxed: exact after is_final(), else news

  void close() noexcept {
    // (6) release pairs with acquire (5) and (16): what the closer did before is visible to whoever sees the claim final.
    state_.fetch_or(kClosed, sync::release);
  }

  /// Somebody is the producer.
  bool is_owned() const noexcept { return (state_.load(sync::relaxed) & kOwned) != 0; }  // relaxed: looks for a mistake

  bool is_closed() const noexcept {
    // (16) acquire pairs with release (6).
    return (state_.load(sync::acquire) & kClosed) != 0;
  }

  bool is_final() const noexcept {
    // (5) acquire pairs with release (4) and (6): claimed() then reads the last owner's last position.
    return state_.load(sync::acquire) == kClosed;
  }

 private:
  static constexpr unsigned kOwned = 1;
  static constexpr unsigned kClosed = 2;

  alignas(kCacheLine) sync::Atomic<unsigned> state_{0};  // any thread, rarely: quiet while the owner writes
  alignas(kCacheLine) sync::Atomic<Position> next_;      // the owner; an atomic only so that others may look
  Position limit_;                                       // the owner: gate + capacity of some past instant
  Position capacity_;                                    // nobody, after construction
};

/// Any number of producers: room is proven against a shared limit, then the position is taken by CAS.
///
/// Threads:   any number, at once.
/// Progress:  try_claim and close are lock-free. A claimed position that its producer does not publish holds back every
///            later one of the ring: claims are lock-free, hand-over is not.
/// Source:    the CAS claim is D. Vyukov's bounded MPMC queue; the shared limit is JCTools' producerLimit.
class SharedClaim {
 public:
  static constexpr bool kShared = true;

  SharedClaim(Position first, std::size_t capacity) noexcept
      : next_(first), limit_(first + capacity), capacity_(capacity) {}

  template <Gate G>
  [[gnu::always_inline]] Claimed try_claim(std::size_t least, std::size_t most, const G& gate) noexcept {
    Position first = next_.load(sync::relaxed);  // relaxed: the CAS below proves it was the newest
    for (;;) {
      std::size_t count = most;
      // (7) acquire pairs with release (8): the consumer's release reached the producer that asked the gate; through
      // the limit it reaches this one, who may be the one to overwrite the slot.
      if (distance(first, limit_.load(sync::acquire)) < static_cast<std::int64_t>(most)) [[unlikely]] {
        const std::int64_t room = widen_limit(first, least, gate);
        // As exact as what this thread has seen released: others' claims meanwhile leave less room, never more.
        if (room < static_cast<std::int64_t>(least)) return {};
        if (room < static_cast<std::int64_t>(most)) count = static_cast<std::size_t>(room);
      }
      // Relaxed: the CAS orders the claims among themselves and nothing else; the cells hand the data over.
      if (next_.compare_exchange_weak(first, first + count, sync::relaxed, sync::relaxed)) return {first, count};
    }
  }

  /// Moves the beginning, of a claim that nobody has used yet, from `first` to `begin`. Any number of threads may do so
  /// with the same values, and use it afterwards.
  void begin(Position first, Position begin) noexcept {
    // Relaxed: whoever tells others that the claim has begun orders this before. Once moved it never is `first` again.
    next_.compare_exchange_strong(first, begin, sync::relaxed, sync::relaxed);
  }

  Position claimed() const noexcept { return open_position(next_.load(sync::relaxed)); }  // relaxed: news; see is_final

  void close() noexcept {
    Position next = next_.load(sync::relaxed);  // relaxed: the CAS below proves it was the newest
    // (9) release pairs with acquire (10): what the first closer did before is visible to whoever sees the claim closed.
    while (!is_beyond(next) && !next_.compare_exchange_weak(next, next + kBeyond, sync::release, sync::relaxed)) {
    }
  }

  bool is_closed() const noexcept {
    // (10) acquire pairs with release (9).
    return is_beyond(next_.load(sync::acquire));
  }

  bool is_final() const noexcept { return is_closed(); }
  static constexpr bool is_shared() noexcept { return true; }

 private:
  // close() moves the counter so far ahead that every later claim finds no room by the check it makes anyway.
  static constexpr Position kBeyond = Position{1} << 62;

  bool is_beyond(Position next) const noexcept {
    // Relaxed: any limit this thread has ever been able to see lies within half of kBeyond of an open position.
    return distance(limit_.load(sync::relaxed), next) > static_cast<std::int64_t>(kBeyond / 2);
  }
  Position open_position(Position next) const noexcept { return is_beyond(next) ? next - kBeyond : next; }

  // The room at `first` by the gate's latest word; keeps that word for the others when there is enough. A late store
  // merely moves the limit back: every value it ever holds was the gate's position + capacity at some instant.
  template <Gate G>
  [[gnu::noinline]] std::int64_t widen_limit(Position first, std::size_t least, const G& gate) noexcept {
    if (is_beyond(first)) return -1;  // there is a gate that lets everything pass
    const Position limit = gate.passed(first) + capacity_;
    const std::int64_t room = distance(first, limit);
    // (8) release pairs with acquire (7): hands on what acquire (1) of the gate gave this thread.
    if (room >= static_cast<std::int64_t>(least)) limit_.store(limit, sync::release);
    return room;
  }

  alignas(kCacheLine) sync::Atomic<Position> next_;   // every producer
  alignas(kCacheLine) sync::Atomic<Position> limit_;  // the producer that ran out of room; read by all
  alignas(kCacheLine) const Position capacity_;       // nobody, after construction
};

static_assert(Claim<ExclusiveClaim> && Claim<SharedClaim>);
static_assert(sizeof(ExclusiveClaim) == 2 * kCacheLine, "state and owner's words: a line each");
static_assert(sizeof(SharedClaim) == 3 * kCacheLine, "tail, limit and constants: a line each");

}  // namespace whorl::inline WHORL_ABI_TAG
