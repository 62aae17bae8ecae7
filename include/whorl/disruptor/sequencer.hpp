#pragma once
// Sequencer: the producers' half of a Disruptor.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <whorl/disruptor/next.hpp>
#include <whorl/disruptor/sequencer_options.hpp>
#include <whorl/disruptor/sequences.hpp>
#include <whorl/handoff/cursor.hpp>
#include <whorl/handoff/group_gate.hpp>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/lap_flags.hpp>
#include <whorl/sync/alone.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Divides sequences among producers and says which are published: a hand-off whose gate is the group of consumers behind
/// which no producer may fall back a whole lap. Memory is bare marks where the sequencer stands alone, cells where it is a
/// ring buffer's. Claimed and published are different: of what is claimed nothing is seen before it is published.
///
/// Threads:   one producer at a time for an exclusive claim, any number for a shared one; the rest: any.
/// Order:     what a producer did before publish(s) is visible to whoever then finds s available.
/// Progress:  try_next and publish never wait: wait-free when exclusive, lock-free when shared. next waits as W says. A
///            sequence that is claimed and not published holds back every later one.
/// Full:      a claim is refused only if, as far as the members' releases have reached this thread, too little is free.
/// Units:     capacity in sequences, a power of two.
/// Errors:    std::invalid_argument, naming the value and the nearest legal ones; std::bad_alloc.
/// Source:    the sequencers of the LMAX Disruptor, without their ticket: room is proven before anything is claimed.
template <Claim C, Marks Memory, WaitStrategy W = BlockingWait>
class Sequencer {
 public:
  using Wait = W;
  static constexpr bool kShared = C::kShared;

  /// `cells`: what the cells are told besides. Whoever constructs an exclusive sequencer is its producer (disown()).
  template <class... CellsOptions>
  explicit Sequencer(std::size_t capacity, W wait = {}, SequencerOptions options = {}, CellsOptions&&... cells)
      : wait_(std::move(wait)),
        first_(options.first_position),
        capacity_(detail::require_power_of_two("Sequencer", "capacity", capacity)),
        hand_off_(first_, capacity_, options.without_consumers, std::forward<CellsOptions>(cells)...) {
    if constexpr (!kShared) hand_off_.claim().try_own();
  }
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  // ---- producers --------------------------------------------------------------------------------------------------

  /// Claims n sequences and returns the last of them; nothing when there is no room for all, when it is closed, and for
  /// an n that is 0 or more than capacity().
  [[nodiscard]] std::optional<SequenceNumber> try_next(std::size_t n = 1) noexcept {
    const Claimed claimed = claim(n);
    if (!claimed) [[unlikely]]
      return std::nullopt;
    return last_before(claimed.first + n);
  }

  /// The same, waiting for room. However it ends, nothing is claimed but what it says.
  NextResult next(std::size_t n = 1, const Until& until = {}) {
    const Claimed claimed = claim(n);
    if (claimed) [[likely]]
      return {WriteResult::ok, last_before(claimed.first + n)};
    if (n - 1 >= capacity_) return {};
    return detail::next_when_room(*this, wait_, n, until, [&] { return claim(n); }, [&] { return hears_of_end(); });
  }

  /// Sequences low .. high, which this producer has claimed, can be read. Where marks are in order, claims are published
  /// in the order in which they were made.
  void publish(SequenceNumber low, SequenceNumber high) noexcept {
    const auto p = static_cast<Position>(low);
    const Position end = next_after(high);
    WHORL_ASSERT(distance(p, end) > 0, "publish what was claimed: from the first to the last sequence");
    WHORL_ASSERT(distance(end, hand_off_.claim().claimed()) >= 0, "claim a sequence before it is published");
    if constexpr (Memory::kInOrder) {
      WHORL_ASSERT(hand_off_.cells().ready(p - 1, 2) == 1, "publish claims in the order in which they were made");
    }
    hand_off_.cells().publish(p, static_cast<std::size_t>(end - p));
    published_.notify();
  }
  void publish(SequenceNumber sequence) noexcept { publish(sequence, sequence); }

  /// Sequences low .. high, which this producer has claimed, will never be published: consumers pass over them. For an
  /// exclusive claim: the last ones claimed, which can then be claimed anew.
  void abandon(SequenceNumber low, SequenceNumber high) noexcept {
    const auto p = static_cast<Position>(low);
    hand_off_.abandon({p, static_cast<std::size_t>(next_after(high) - p)});
    wake_consumers();
  }

  /// Takes and gives back the right to be the producer of an exclusive sequencer. A closed one ends when it is given back:
  /// by a claim that finds it closed, or by a producer that stops without one.
  bool try_own() noexcept
    requires(!kShared)
  {
    return hand_off_.claim().try_own();
  }
  void disown() noexcept
    requires(!kShared)
  {
    hand_off_.claim().disown();
    wake_consumers();
  }

  // ---- consumers --------------------------------------------------------------------------------------------------

  /// `sequence` is a member of the gate from now on: it has been set to the last sequence claimed, its owner reads what
  /// comes after that, and no producer overtakes it. It outlives the sequencer. False: it is a member already, or there
  /// are GroupGate::kMostMembers of them.
  [[nodiscard]] bool add_gating(Sequence& sequence) noexcept {
    return hand_off_.gate().join(sequence, [&] { return claimed(); }).has_value();
  }
  /// No longer. False: it was none.
  bool remove_gating(Sequence& sequence) noexcept { return hand_off_.gate().leave(sequence); }

  /// A sequence that lives as long as the sequencer, set to the last one claimed; for one owner, who gives it back.
  Sequence& lend_sequence() { return pool_.take(claimed()); }
  void take_back(Sequence& sequence) noexcept { pool_.give_back(sequence); }

  /// How many sequences from p on are published, one after the other, at most `most`.
  std::size_t ready(Position p, std::size_t most) const noexcept { return hand_off_.cells().ready(p, most); }

  /// The last of low .. high up to which all are published; low - 1 if low is not. None of them may be claimed anew
  /// meanwhile.
  SequenceNumber highest_published(SequenceNumber low, SequenceNumber high) const noexcept {
    const auto p = static_cast<Position>(low);
    const std::int64_t most = distance(p, next_after(high));
    return last_before(p + (most > 0 ? ready(p, static_cast<std::size_t>(most)) : 0));
  }

  // ---- anybody ----------------------------------------------------------------------------------------------------

  /// `sequence` is published, and its cell has not been claimed for a later one.
  bool is_available(SequenceNumber sequence) const noexcept {
    const auto p = static_cast<Position>(sequence);
    if (ready(p, 1) == 0) return false;
    // Marks say what lap was there last, and nothing of one so far away that its mark looks the same.
    const std::int64_t ahead = distance(claimed(), p);
    const auto lap = static_cast<std::int64_t>(capacity_);
    return -lap <= ahead && ahead < lap;
  }

  /// The last sequence up to which all are published: from the slowest consumer on; where nobody reads, in the last lap.
  SequenceNumber cursor() const noexcept {
    const Position end = claimed();
    Position passed = hand_off_.gate().passed(end);
    if (passed == end && hand_off_.gate().size() == 0) passed = first_;  // an open gate, which knows of no one
    const std::size_t behind = std::min(capacity_, static_cast<std::size_t>(end - passed));
    return last_before(end - behind + ready(end - behind, behind));
  }
  /// The slowest member's sequence; the last one claimed is the most it says.
  SequenceNumber minimum_sequence() const noexcept { return last_before(hand_off_.gate().passed(claimed())); }

  /// News, where others claim or release meanwhile: in [0, capacity()].
  std::size_t remaining_capacity() const noexcept {
    const Position end = claimed();
    return capacity_ - std::min(capacity_, static_cast<std::size_t>(end - hand_off_.gate().passed(end)));
  }
  bool has_available_capacity(std::size_t n) const noexcept { return n <= remaining_capacity(); }
  std::size_t capacity() const noexcept { return capacity_; }
  /// The position after the last one claimed; and how many sequences were given up so far.
  Position claimed() const noexcept { return hand_off_.claim().claimed(); }
  std::uint64_t buried() const noexcept { return hand_off_.buried(); }
  /// `sequence` is available and was given up.
  bool is_buried(SequenceNumber sequence) const noexcept {
    if constexpr (Memory::kInOrder)
      return false;
    else
      return hand_off_.cells().is_buried(static_cast<Position>(sequence));
  }

  /// No claim succeeds any more, and everybody who waits here looks again. What is published can still be read. An
  /// exclusive producer learns of it at its next claim.
  void close() noexcept {
    hand_off_.claim().close();
    // (32) release pairs with acquire (33): what the closer did before, and that the claim is closed.
    closed_.store(true, sync::release);
    hand_off_.gate().wake();
    wake_consumers();
  }
  bool is_closed() const noexcept {
    // (33) acquire pairs with release (32).
    return closed_.load(sync::acquire);
  }
  /// Nothing will ever be published at p or beyond.
  bool ends_before(Position p) const noexcept {
    return is_closed() && hand_off_.claim().is_final() && distance(claimed(), p) >= 0;
  }

  // ---- for barriers -----------------------------------------------------------------------------------------------

  const W& wait_strategy() const noexcept { return wait_; }
  GroupGate& gate() noexcept { return hand_off_.gate(); }
  /// What those sleep on that wait for something to be published; and the sequences that barriers sleep on.
  EventCount& published() noexcept { return published_; }
  detail::WatchedSequences& watched() noexcept { return watched_; }

 protected:
  using HandOffType = HandOff<C, Memory, GroupGate>;
  HandOffType& hand_off() noexcept { return hand_off_; }

  [[gnu::always_inline]] Claimed claim(std::size_t n) noexcept {
    const OneProducer alone(claiming_, "a single-producer sequencer is one thread's at a time");
    if (n - 1 >= capacity_) [[unlikely]]  // 0, too
      return {};
    const Claimed claimed = hand_off_.try_claim(n, n);
    if (!claimed && !kShared) [[unlikely]]
      hears_of_end();
    return claimed;
  }

 private:
  using OneProducer = std::conditional_t<kShared, detail::NotAlone, detail::Alone>;

  // The producer, without a claim: is it closed? Then it is not the producer any more.
  [[gnu::noinline, gnu::cold]] bool hears_of_end() noexcept {
    const bool is_over = hand_off_.claim().is_closed();
    if constexpr (!kShared)
      if (is_over && !hand_off_.claim().is_final()) disown();
    return is_over;
  }

  void wake_consumers() noexcept {
    published_.notify();
    watched_.wake();
  }

  const W wait_;
  const Position first_;
  const std::size_t capacity_;
  sync::Atomic<bool> closed_{false};                  // whoever closes; quiet
  EventCount published_{EventCount::Payer::sleeper};  // consumers that sleep; quiet otherwise
  HandOffType hand_off_;
  sync::Atomic<bool> claiming_{false};  // the producer, where checks are on
  detail::WatchedSequences watched_;
  detail::SequencePool pool_;
};

/// One producer: plain stores, one word for what is published, claims published in order.
template <WaitStrategy W = BlockingWait>
using SingleProducerSequencer = Sequencer<ExclusiveClaim, Cursor, W>;

/// Any number of producers: a claim is a locked instruction, and each sequence has a flag of its own.
template <WaitStrategy W = BlockingWait>
using MultiProducerSequencer = Sequencer<SharedClaim, LapFlags, W>;

}  // namespace whorl::inline WHORL_ABI_TAG
