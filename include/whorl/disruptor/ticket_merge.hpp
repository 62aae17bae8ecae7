#pragma once
// TicketMerge: one order of the events of many shards.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <stop_token>
#include <utility>
#include <whorl/disruptor/next.hpp>
#include <whorl/disruptor/processor_loop.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/disruptor/sharded_place.hpp>
#include <whorl/disruptor/sharded_reader.hpp>
#include <whorl/ring/options.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A run of one shard: `count` sequences from `first` on, those that were given up included.
struct Ticket {
  std::size_t shard = 0;
  SequenceNumber first = 0;
  std::size_t count = 0;
};

struct TicketMergeOptions {
  /// How many runs an ordered consumer may be behind: a power of two.
  std::size_t tickets = 256;
  /// The longest run.
  std::size_t quota = 256;
  /// The first ticket's position. For tests: to begin just before a wrap.
  Position first_position = 0;
};

namespace detail {
struct NoHandler {};
}  // namespace detail

/// Puts the events of all shards into one order, for consumers that must agree (ordered_event_processor.hpp). It sweeps the
/// shards as other consumers do, and publishes a ticket for each run that it finds, in a ring of which it is the only
/// producer. No event is copied, and producers learn nothing of it: they still never meet. Who needs no order reads the
/// shards as before.
///
///     events, per shard                            tickets                       ordered consumers
///     0: a b c d --.                          .-> {0, 0, 2} {1, 0, 1} ... --+--> a b x c d y ...
///                   >-- TicketMerge (sweeps) -'                             +--> a b x c d y ...
///     1: x y z ----'
///
/// To end, close the shards, and join consumers and merge, which then have handled everything; halt only to stop before that.
///
/// run() is its loop, in a thread of its own or of whoever has nothing else to do. It ends
///
///     closed   no shard has, or gets, anything more, or who is upstream has ended: the tickets end, and so do their
///              consumers when they have handled them. It has ended for good.
///     halted   by halt(), or a stop, also while there is no room for a ticket. Consumers wait until it runs again, which
///              goes on where it stopped.
///
/// Threads:   run: one at a time. The rest: any.
/// Order:     all ordered consumers see the same order of all events. Within a shard it is the shard's; what was published by
///            somebody who knew that an event had been handled in this order comes after that. It is not the order of time: of
///            two events that have no ticket yet, in different shards, either may come first.
/// Full:      without room for a ticket it waits for the slowest ordered consumer, and its shards fill up.
/// Errors:    std::invalid_argument: a quota of nothing, a number of tickets that is no power of two, shards whose gates have
///            64 members; std::bad_alloc.
/// Gates:     sequence() is a member of the shards' gates from the construction on, until it has ended for good: one of their
///            64 places. So producers wait for it, too, also where there is no ordered consumer, or only one that has come
///            later, and is to read what lies ahead of it. `upstream` are members by themselves, unless all is built before
///            producers begin. It cannot be a node of a Disruptor, which makes its nodes members.
/// Lifetime:  its consumers end before it does, and it before the shards.
template <class S, WaitStrategy W = typename S::Wait>
class TicketMerge : public detail::ProcessorLoop<TicketMerge<S, W>, void, ShardPlace, detail::NoHandler> {
  using Base = detail::ProcessorLoop<TicketMerge, void, ShardPlace, detail::NoHandler>;

 public:
  using Shard = S;
  using Wait = W;
  using Progress = ShardedSequence<S>;
  using Tickets = RingBuffer<Ticket, Single, Inline, W>;

  /// Reads in each shard what is claimed from now on, after all of `upstream` have.
  explicit TicketMerge(detail::Shards<S>& shards, std::initializer_list<Progress*> upstream = {},
                       TicketMergeOptions options = {})
      : TicketMerge(shards, std::span(upstream.begin(), upstream.size()), options, shards.wait_strategy()) {}
  TicketMerge(detail::Shards<S>& shards, std::span<Progress* const> upstream, TicketMergeOptions options, W wait)
      : Base({}),
        shards_(shards),
        // Open: while nobody is there for whom there is an order, nothing waits.
        tickets_(detail::require_power_of_two("TicketMerge", "tickets", options.tickets), wait,
                 {.without_consumers = EmptyGate::open, .first_position = options.first_position}),
        sweep_(shards, detail::checked_quota(options.quota, "TicketMerge")),
        barrier_(shards, upstream, wait, tickets_),
        place_(shards, "TicketMerge") {}
  /// It leaves the gates. It must not be running.
  ~TicketMerge() { this->require_stopped(); }

  /// How far it has come.
  Progress& sequence() noexcept { return place_.sequence(); }
  const Progress& sequence() const noexcept { return place_.sequence(); }

  /// For its consumers: what they read, and what that is of.
  Tickets& tickets() noexcept { return tickets_; }
  detail::Shards<S>& shards() noexcept { return shards_; }

 private:
  friend Base;
  using Run = typename detail::ShardedSweep<S>::Run;

  // Its alert ends waits for room as well.
  struct Barrier : ShardedBarrier<S, W> {
    Barrier(detail::Shards<S>& shards, std::span<Progress* const> upstream, const W& wait, Tickets& tickets)
        : ShardedBarrier<S, W>(shards, upstream, wait), tickets(tickets) {}
    void alert() noexcept {
      ShardedBarrier<S, W>::alert();
      tickets.gate().wake();
    }
    Tickets& tickets;
  };

  // There is no handler that could fail.
  static ShardPlace now() noexcept { return {}; }
  void close() noexcept { shards_.close(); }

  void begin() noexcept {
    if (!tickets_.is_closed()) sequence().go_on();
  }
  void finish() noexcept {
    sequence().end();
    if (tickets_.is_closed()) return;
    tickets_.close();
    tickets_.disown();
    place_.leave();
  }

  // One sweep, or one wait for it. False: the run is over.
  bool step(const std::stop_token& stop) {
    if (tickets_.is_closed()) return this->go_on_after(BarrierEnd::closed, [] {});
    if (sweep_.look(barrier_, sequence(), ~std::size_t{0}) == 0) {
      return this->go_on_after(barrier_.wait_for_any(sequence(), stop), [] {});
    }
    for (std::size_t r = 0; r != sweep_.runs(); ++r) {
      if (!publish(sweep_.run(r), stop)) return false;
    }
    return true;
  }

  // False: it was halted while there was no room. Then the run is found again, longer perhaps.
  bool publish(const Run& run, const std::stop_token& stop) {
    const NextResult next = claim(stop);
    if (!next) return false;
    Ticket& ticket = tickets_.get(next.sequence);
    sync::plain_write(&ticket);
    ticket = {run.shard, static_cast<SequenceNumber>(run.begin), static_cast<std::size_t>(run.end - run.begin)};
    tickets_.publish(next.sequence);
    sequence().release(run.shard, run.end);
    return true;
  }
  NextResult claim(const std::stop_token& stop) {
    const auto attempt = [&]() -> Claimed {
      const auto ticket = tickets_.try_next();
      return ticket ? Claimed{static_cast<Position>(*ticket), 1} : Claimed{};
    };
    const auto is_halted = [&] { return barrier_.is_alerted(); };
    return detail::next_when_room(tickets_, tickets_.wait_strategy(), 1, stop, attempt, is_halted);
  }

  detail::Shards<S>& shards_;
  Tickets tickets_;
  detail::ShardedSweep<S> sweep_;
  Barrier barrier_;
  detail::ShardsPlace<S> place_;  // last: nothing else can fail any more
};

template <class Ring>
TicketMerge(Ring&) -> TicketMerge<typename Ring::Shard>;
template <class Ring>
TicketMerge(Ring&, std::initializer_list<typename Ring::Progress*>) -> TicketMerge<typename Ring::Shard>;
template <class Ring>
TicketMerge(Ring&, std::initializer_list<typename Ring::Progress*>, TicketMergeOptions)
    -> TicketMerge<typename Ring::Shard>;

}  // namespace whorl::inline WHORL_ABI_TAG
