#pragma once
// Sequencer: the producers' half of a Disruptor.

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <whorl/disruptor/next.hpp>
#include <whorl/disruptor/sequencer_options.hpp>
#include <whorl/disruptor/sequencer_view.hpp>
#include <whorl/disruptor/sequences.hpp>
#include <whorl/handoff/cursor.hpp>
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
template <Claim C, Marks Memory, WaitStrategy W = BlockingWait, class News = detail::OwnNews>
class Sequencer : public SequencerView<C, Memory, News> {
  using View = SequencerView<C, Memory, News>;
  using View::capacity_, View::hand_off_, View::published_;

 public:
  using Wait = W;
  using Options = typename News::Options;
  static constexpr bool kShared = C::kShared;
  using View::claimed, View::cursor, View::is_closed;

  /// `cells`: what the cells are told besides. Whoever constructs an exclusive sequencer is its producer (disown()).
  template <class... CellsOptions>
  explicit Sequencer(std::size_t capacity, W wait = {}, Options options = {}, CellsOptions&&... cells)
      : View(capacity, options, std::forward<CellsOptions>(cells)...), wait_(std::move(wait)) {
    if constexpr (!kShared) hand_off_.claim().try_own();
  }
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  // ---- producers --------------------------------------------------------------------------------------------------

  /// Claims n sequences and returns the last of them; nothing when there is no room for all, when it is closed, and for
  /// an n that is 0 or more than capacity().
  [[nodiscard, gnu::always_inline]] std::optional<SequenceNumber> try_next(std::size_t n = 1) noexcept {
    const Claimed claimed = claim(n);
    if (!claimed) [[unlikely]]
      return std::nullopt;
    return last_before(claimed.first + n);
  }

  /// The same, waiting for room. However it ends, nothing is claimed but what it says.
  [[gnu::always_inline]] NextResult next(std::size_t n = 1, const Until& until = {}) {
    const Claimed claimed = claim(n);
    if (claimed) [[likely]]
      return {WriteResult::ok, last_before(claimed.first + n)};
    return wait_for_room(n, until);
  }

  /// Sequences low .. high, which this producer has claimed, can be read. Where marks are in order, claims are published
  /// in the order in which they were made.
  [[gnu::always_inline]] void publish(SequenceNumber low, SequenceNumber high) noexcept {
    const auto p = static_cast<Position>(low);
    const Position end = next_after(high);
    WHORL_ASSERT(distance(p, end) > 0, "publish what was claimed: from the first to the last sequence");
    WHORL_ASSERT(distance(end, hand_off_.claim().claimed()) >= 0, "claim a sequence before it is published");
    if constexpr (Memory::kInOrder) {
      WHORL_ASSERT(hand_off_.cells().ready(p - 1, 2) == 1, "publish claims in the order in which they were made");
    }
    hand_off_.cells().publish(p, static_cast<std::size_t>(end - p));
    published_.event().notify();
  }
  [[gnu::always_inline]] void publish(SequenceNumber sequence) noexcept { publish(sequence, sequence); }

  /// Sequences low .. high, which this producer has claimed, will never be published: consumers pass over them. For an
  /// exclusive claim: the last ones claimed, which can then be claimed anew.
  void abandon(SequenceNumber low, SequenceNumber high) noexcept {
    const auto p = static_cast<Position>(low);
    const Position end = next_after(high);
    WHORL_ASSERT(distance(p, end) > 0, "give up what was claimed: from the first to the last sequence");
    WHORL_ASSERT(distance(end, hand_off_.claim().claimed()) >= 0, "claim a sequence before it is given up");
    hand_off_.abandon({p, static_cast<std::size_t>(end - p)});
    wake_consumers();
  }

  /// Takes and gives back the right to be the producer of an exclusive sequencer. A closed one ends when it is given back:
  /// by a claim that finds it closed, or by a producer that stops without one. Of an open one all that is claimed must
  /// have been published or given up.
  bool try_own() noexcept
    requires(!kShared)
  {
    return hand_off_.claim().try_own();
  }
  void disown() noexcept
    requires(!kShared)
  {
    WHORL_ASSERT(hand_off_.claim().is_closed() || cursor() == last_before(claimed()),
                 "publish or give up what is claimed, then disown");
    stop_producing();
  }

  // ---- consumers --------------------------------------------------------------------------------------------------

  /// `sequence` is a member of the gate from now on: it has been set to the last sequence claimed, its owner reads what
  /// comes after that, and no producer overtakes it. Not while its owner runs: what it has yet to read would be skipped. It
  /// outlives the sequencer. False: it is a member already, or there are GroupGate::kMostMembers of them.
  [[nodiscard]] bool add_gating(Sequence& sequence) noexcept {
    return hand_off_.gate().join(sequence, [&] { return claimed(); }).has_value();
  }
  /// No longer. False: it was none.
  bool remove_gating(Sequence& sequence) noexcept { return hand_off_.gate().leave(sequence); }
  /// The last consumer of a chain, which has stopped, leaves the gate to those it has followed, who may be running and stay
  /// where they are. False: it was no member, or there is no place; nothing has changed.
  bool hand_over_gating(Sequence& sequence, std::span<Sequence* const> upstream) noexcept {
    return hand_off_.gate().hand_over(sequence, upstream);
  }

  /// A sequence that lives as long as the sequencer, set to the last one claimed; for one owner, who gives it back.
  Sequence& lend_sequence() { return pool_.take(claimed()); }
  void take_back(Sequence& sequence) noexcept {
    WHORL_ASSERT(!hand_off_.gate().contains(sequence), "a sequence leaves the gate before it is given back");
    WHORL_ASSERT(!watched_.contains(sequence), "whoever follows a sequence ends before it is given back");
    pool_.give_back(sequence);
  }

  // ---- anybody (and sequencer_view.hpp) ---------------------------------------------------------------------------

  /// No claim succeeds any more, and everybody who waits here looks again. What is published can still be read. An
  /// exclusive producer learns of it at its next claim.
  void close() noexcept {
    hand_off_.claim().close();
    // (32) release pairs with acquire (33): what the closer did before, and that the claim is closed.
    this->closed_.store(true, sync::release);
    hand_off_.gate().wake();
    wake_consumers();
  }

  // ---- for barriers -----------------------------------------------------------------------------------------------

  const W& wait_strategy() const noexcept { return wait_; }
  GroupGate& gate() noexcept { return hand_off_.gate(); }
  /// What those sleep on that wait for something to be published; and the sequences that barriers sleep on.
  EventCount& published() noexcept { return published_.event(); }
  detail::WatchedSequences& watched() noexcept { return watched_; }

 protected:
  auto& hand_off() noexcept { return hand_off_; }

  [[gnu::always_inline]] Claimed claim(std::size_t n) noexcept {
    const OneProducer alone(claiming_, "a single-producer sequencer is one thread's at a time");
    if (n - 1 >= capacity_) [[unlikely]]  // 0, too
      return {};
    if constexpr (!kShared) {
      [[maybe_unused]] const C& right = hand_off_.claim();
      WHORL_ASSERT(right.is_owned() || right.is_closed(), "take the right to be the producer before a claim");
    }
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
      if (is_over && !hand_off_.claim().is_final()) stop_producing();
    return is_over;
  }

  // There was none.
  [[gnu::noinline]] NextResult wait_for_room(std::size_t n, const Until& until) {
    if (n - 1 >= capacity_) return {};
    return detail::next_when_room(*this, wait_, n, until, [&] { return claim(n); }, [&] { return hears_of_end(); });
  }

  void stop_producing() noexcept {
    hand_off_.claim().disown();
    wake_consumers();
  }

  void wake_consumers() noexcept {
    published_.event().notify();
    watched_.wake();
  }

  const W wait_;
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
