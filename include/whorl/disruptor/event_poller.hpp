#pragma once
// EventPoller: a consumer without a thread of its own.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/disruptor/sequence_barrier.hpp>
#include <whorl/sync/alone.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a poll found.
enum class PollState : std::uint8_t {
  idle,        ///< nothing is published beyond what has been read
  gating,      ///< something is, but a consumer upstream had not passed it
  processing,  ///< events were handled
  closed,      ///< nothing will ever come any more: the ring is closed, or a consumer upstream has ended
};

/// Reads what is there when it is asked to, and never waits. Its sequence is one of the ring's; whoever builds the graph
/// makes it a member of the gate, or not.
///
/// Threads:   poll: one at a time. sequence(): any.
/// Progress:  wait-free but for what the handler does, and for producers that give up as fast as it passes over that.
/// Source:    EventPoller of the LMAX Disruptor.
template <class Ring>
class EventPoller {
  using E = typename Ring::Event;

 public:
  /// Reads what is claimed from now on, after all of `upstream` have.
  explicit EventPoller(Ring& ring, std::initializer_list<Sequence*> upstream = {})
      : EventPoller(ring, std::span(upstream.begin(), upstream.size())) {}
  EventPoller(Ring& ring, std::span<Sequence* const> upstream)
      : ring_(ring),
        barrier_(ring, upstream, ring.wait_strategy()),
        sequence_(ring.lend_sequence()),
        tombstones_(ring) {}
  EventPoller(const EventPoller&) = delete;
  EventPoller& operator=(const EventPoller&) = delete;
  /// Leaves the gate if it is a member.
  ~EventPoller() {
    ring_.remove_gating(sequence_);
    ring_.take_back(sequence_);
  }

  /// Hands `handler` what is available, at most `most` events. A handler that returns false ends the poll after its event.
  ///
  /// Errors:  what the handler throws; that event, if it was not released early, will be read again, those before it not.
  template <class Handler>
    requires HandlesEvents<Handler, E>
  PollState poll(Handler&& handler, std::size_t most = ~std::size_t{0}) {
    const detail::Alone alone(polling_, "a poller is polled by one thread at a time, and not inside its handler");
    for (;;) {
      const Position begin = sequence_.passed();
      const std::size_t n = most == 0 ? 0 : barrier_.look(begin, most);
      if (n == 0) return nothing_from(begin);
      const Position last = tombstones_.trim(begin, begin + n);
      if (last != begin) {
        read(handler, begin, last, begin + n);
        return PollState::processing;
      }
      sequence_.release(begin + n);  // tombstones, all of them
    }
  }

  /// How far it has come.
  Sequence& sequence() noexcept { return sequence_; }
  const Sequence& sequence() const noexcept { return sequence_; }

 private:
  // What has been read counts, however the poll ends.
  struct Progress {
    Sequence& sequence;
    Position next;
    ~Progress() {
      if (distance(sequence.passed(), next) > 0) sequence.release(next);  // an early release may have come farther
    }
  };

  // The events before `last`, and the tombstones from there to `end`.
  template <class Handler>
  void read(Handler& handler, Position begin, Position last, Position end) {
    Progress progress{sequence_, begin};
    while (progress.next != last) {
      const Position p = progress.next;
      const bool go_on = tombstones_.is_at(p) || call(handler, p, p + 1 == last);
      ++progress.next;
      if (!go_on) return;
    }
    progress.next = end;
  }
  template <class Handler>
  bool call(Handler& handler, Position p, bool end_of_batch) {
    const auto number = static_cast<SequenceNumber>(p);
    return detail::wants_more(handler, ring_.get(number), EventContext(number, end_of_batch, sequence_));
  }
  PollState nothing_from(Position p) const noexcept {
    if (barrier_.ends_before(p)) return PollState::closed;
    return barrier_.has_upstream() && ring_.ready(p, 1) != 0 ? PollState::gating : PollState::idle;
  }

  Ring& ring_;
  SequenceBarrier<Ring> barrier_;
  Sequence& sequence_;
  detail::Tombstones<Ring> tombstones_;
  sync::Atomic<bool> polling_{false};  // where checks are on
};

}  // namespace whorl::inline WHORL_ABI_TAG
