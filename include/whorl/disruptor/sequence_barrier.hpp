#pragma once
// Barriers: where a consumer waits for sequences to read, and where a producer, or whoever drains, waits for room.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>
#include <whorl/handoff/sequence.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How a wait at a barrier ended.
enum class BarrierEnd : std::uint8_t {
  available,  ///< the sequence waited for is there
  stopped,    ///< the barrier was alerted, or a stop requested
  timed_out,  ///< the deadline came first
  closed,     ///< that sequence never comes: the sequencer is closed, or who must pass it first has ended
};

/// The end of a wait, and the last sequence that is available: what was waited for or a later one if `end` says so, the one
/// before otherwise.
struct [[nodiscard]] BarrierResult {
  BarrierEnd end = BarrierEnd::timed_out;
  SequenceNumber sequence = 0;
  explicit operator bool() const noexcept { return end == BarrierEnd::available; }
};

namespace detail {

class Alert {
 public:
  bool is_on() const noexcept {
    // (34) acquire pairs with release (35): what was done before the alert.
    return on_.load(sync::acquire);
  }
  void set(bool on) noexcept {
    // (35) release pairs with acquire (34).
    on_.store(on, sync::release);
  }

 private:
  sync::Atomic<bool> on_{false};
};

// The wait of both kinds of barrier. look() says how many sequences from p on are available; never() that none will be.
template <class W, class Look, class Never, class Sleeper>
[[gnu::noinline]] BarrierResult wait_at_barrier(const Alert& alert, const W& strategy, Position p, const Until& until,
                                                Look&& look, Never&& never, Sleeper sleeper) {
  BarrierResult result{BarrierEnd::timed_out, last_before(p)};
  const auto is_over = [&] {
    if (alert.is_on()) {
      result.end = BarrierEnd::stopped;
    } else if (const std::size_t n = look(); n != 0) {
      result = {BarrierEnd::available, last_before(p + n)};
    } else if (never()) {
      result.end = BarrierEnd::closed;
    }
    return result.end != BarrierEnd::timed_out;
  };
  if (strategy.wait(sleeper, is_over, until) == WaitResult::stopped) result.end = BarrierEnd::stopped;
  return result;
}

}  // namespace detail

/// Waits until a sequence has been published and all sequences upstream, if there are any, have passed it. That they have
/// would not be enough: one that joins the gate has passed what was claimed by then. A consumer that sleeps here sleeps on
/// one of them that is behind. Each consumer has a barrier of its own, and a wait strategy of its own if it likes.
///
/// Threads:   wait_for, look: the consumer, which asks for sequences that no producer claims anew meanwhile. The rest: any.
/// Order:     what its producer and every consumer upstream did with a sequence is visible to whoever finds it available.
/// Lifetime:  sequencer and sequences outlive the barrier.
/// Source:    the sequence barrier of the LMAX Disruptor, where all of a group share one and its alert.
template <class S, WaitStrategy W = typename S::Wait>
class SequenceBarrier {
 public:
  explicit SequenceBarrier(S& sequencer, std::initializer_list<Sequence*> upstream = {})
      : SequenceBarrier(sequencer, std::span(upstream.begin(), upstream.size()), sequencer.wait_strategy()) {}
  SequenceBarrier(S& sequencer, std::span<Sequence* const> upstream, W strategy)
      : sequencer_(sequencer), upstream_(upstream.begin(), upstream.end()), strategy_(std::move(strategy)) {
    sequencer_.watched().add(upstream_);
  }
  SequenceBarrier(const SequenceBarrier&) = delete;
  SequenceBarrier& operator=(const SequenceBarrier&) = delete;
  ~SequenceBarrier() { sequencer_.watched().remove(upstream_); }

  /// Waits for `sequence`, and says how many more there are, at most `most` in all. An alert comes before everything else.
  BarrierResult wait_for(SequenceNumber sequence, const Until& until = {}, std::size_t most = kAll) {
    const auto p = static_cast<Position>(sequence);
    if (is_alerted()) [[unlikely]]
      return {BarrierEnd::stopped, last_before(p)};
    if (const std::size_t n = look(p, most); n != 0) return {BarrierEnd::available, last_before(p + n)};
    return detail::wait_at_barrier(
        alert_, strategy_, p, until, [&] { return look(p, most); }, [&] { return ends_before(p); }, Sleeper{*this, p});
  }

  /// How many sequences from p on are available, at most `most`. Does not wait.
  std::size_t look(Position p, std::size_t most = kAll) noexcept {
    most = std::min(most, sequencer_.capacity() + 1);  // one more: a wait for what comes before the first one
    sync::plain_write(&known_);
    // What is available stays so until its consumer has passed it: a backlog is looked through once.
    if (distance(asked_, p) < 0 || distance(p, known_) < 0) known_ = p;
    asked_ = p;
    const auto known = static_cast<std::size_t>(known_ - p);
    if (known >= most) return most;
    const std::size_t more = look_beyond(most - known);
    known_ += more;
    return known + more;
  }

  /// Nothing will ever be available at p or beyond: it is never published, or somebody upstream has ended before it.
  bool ends_before(Position p) const noexcept {
    return sequencer_.ends_before(p) || std::any_of(upstream_.begin(), upstream_.end(),
                                                    [&](const Sequence* sequence) { return sequence->ends_before(p); });
  }
  bool has_upstream() const noexcept { return !upstream_.empty(); }

  /// Whoever waits here, or comes to wait, is stopped, until clear_alert().
  void alert() noexcept {
    alert_.set(true);
    sequencer_.published().notify();
    for (Sequence* sequence : upstream_) sequence->waiting().notify();
  }
  void clear_alert() noexcept { alert_.set(false); }
  bool is_alerted() const noexcept { return alert_.is_on(); }

  /// The last sequence of which something is known: what all upstream have passed, else what is published.
  SequenceNumber cursor() const noexcept {
    if (upstream_.empty()) return sequencer_.cursor();
    Position slowest = upstream_.front()->passed();
    for (const Sequence* sequence : upstream_)
      if (const Position passed = sequence->passed(); distance(passed, slowest) > 0) slowest = passed;
    return last_before(slowest);
  }

  S& sequencer() noexcept { return sequencer_; }

 private:
  static constexpr std::size_t kAll = ~std::size_t{0};

  // How many sequences from known_ on are available.
  std::size_t look_beyond(std::size_t most) const noexcept {
    for (const Sequence* sequence : upstream_) {
      const std::int64_t passed = distance(known_, sequence->passed());
      if (passed <= 0) return 0;
      most = std::min(most, static_cast<std::size_t>(passed));
    }
    return sequencer_.ready(known_, most);
  }

  // Sleeps on the first sequence upstream that has not passed p, or else until something is published.
  struct Sleeper {
    SequenceBarrier& barrier;
    Position p;
    template <class Ready>
    bool sleep_unless(Ready&& ready, const Until& until) {
      for (Sequence* sequence : barrier.upstream_) {
        if (distance(p, sequence->passed()) > 0) continue;
        bool is_ready = false;
        const auto look = [&] { return (is_ready = ready()) || distance(p, sequence->passed()) > 0; };
        sequence->waiting().sleep_unless(look, until);
        return is_ready;
      }
      if (barrier.has_upstream() && ready()) return true;  // as a rule: the last one has just passed it
      return barrier.sequencer_.published().sleep_unless(ready, until);
    }
  };

  S& sequencer_;
  const std::vector<Sequence*> upstream_;
  const W strategy_;
  detail::Alert alert_;
  Position asked_ = 0;  // the consumer: where it looked last, and up to where all is available from there on
  Position known_ = 0;
};

template <class S>
SequenceBarrier(S&, std::initializer_list<Sequence*>) -> SequenceBarrier<S>;
template <class S>
SequenceBarrier(S&) -> SequenceBarrier<S>;

/// The gate as something to wait at: a sequence is available here when every member of the gate is so far that it may be
/// claimed. wait_for(s + capacity) is to wait until all of them have passed s: to drain. Closing alone ends no wait here, for
/// what is published can still be read: only when a member that is behind has ended, too, or there is none any more.
///
/// Threads:   wait_for: one. alert, clear_alert, is_alerted: any.
/// Order:     what the members did below a sequence's cell is visible to whoever finds it available.
template <class S, WaitStrategy W = typename S::Wait>
class ProducerBarrier {
 public:
  explicit ProducerBarrier(S& sequencer) : ProducerBarrier(sequencer, sequencer.wait_strategy()) {}
  ProducerBarrier(S& sequencer, W strategy) : sequencer_(sequencer), strategy_(std::move(strategy)) {}
  ProducerBarrier(const ProducerBarrier&) = delete;
  ProducerBarrier& operator=(const ProducerBarrier&) = delete;

  BarrierResult wait_for(SequenceNumber sequence, const Until& until = {}) {
    const auto p = static_cast<Position>(sequence);
    if (is_alerted()) return {BarrierEnd::stopped, last_before(p)};
    const auto look = [&] { return this->look(p); };
    if (const std::size_t n = look(); n != 0) return {BarrierEnd::available, last_before(p + n)};
    const auto never = [&] {
      return sequencer_.is_closed() && sequencer_.gate().ends_before(p + 1 - sequencer_.capacity());
    };
    return detail::wait_at_barrier(alert_, strategy_, p, until, look, never, Sleeper{*this, p});
  }

  /// How many sequences from p on may be claimed, as far as the gate is concerned. Does not wait.
  std::size_t look(Position p) const noexcept {
    const Position limit = sequencer_.gate().passed(sequencer_.claimed()) + sequencer_.capacity();
    return static_cast<std::size_t>(std::max<std::int64_t>(0, distance(p, limit)));
  }

  void alert() noexcept {
    alert_.set(true);
    sequencer_.gate().wake();
  }
  void clear_alert() noexcept { alert_.set(false); }
  bool is_alerted() const noexcept { return alert_.is_on(); }

 private:
  struct Sleeper {
    ProducerBarrier& barrier;
    Position p;
    template <class Ready>
    bool sleep_unless(Ready&& ready, const Until& until) {
      S& sequencer = barrier.sequencer_;
      return sequencer.gate().sleep_unless(p + 1 - sequencer.capacity(), ready, until);
    }
  };

  S& sequencer_;
  const W strategy_;
  detail::Alert alert_;
};

template <class S>
ProducerBarrier(S&) -> ProducerBarrier<S>;

}  // namespace whorl::inline WHORL_ABI_TAG
