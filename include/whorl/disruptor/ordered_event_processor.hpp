#pragma once
// OrderedEventProcessor: the loop of a consumer that sees all shards in the order of a ticket merge.

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stop_token>
#include <utility>
#include <whorl/disruptor/sharded_runs.hpp>
#include <whorl/disruptor/ticket_batch.hpp>

namespace whorl::inline WHORL_ABI_TAG {

struct OrderedProcessorOptions {
  /// The largest batch; 0: all that there are tickets for.
  std::size_t max_batch = 0;
  /// How long it waits before it calls on_timeout.
  std::chrono::nanoseconds timeout = kForever;
};

/// Reads tickets, and the events that they name, in their order. Handlers, their hooks and contexts are those of
/// ShardedEventProcessor; here
///
///     a batch       is what there are tickets for when it begins
///     end_of_run    is the last event of its ticket, or of the part of it that max_batch or a failure has left
///     end_of_batch  the last of the batch
///     after a failure the next batch begins with the same event (`retry`), with what follows it in the order (`skip`), or
///                   where this one began (`rewind`): the order stays one
///
/// Early release is per shard. It gives room back; consumers that follow in the order wait for the end of the ticket.
///
/// A processor that has failed, or come to the end, leaves the merge, so that it goes on for the others; those that follow
/// handle the tickets that it has passed, and then end as well. It has ended for good: to run again is to end at once. One
/// that was halted does not leave: all others wait, a ring of tickets later, until it runs again.
///
/// Threads:   run: one at a time. halt, is_running, sequence, ticket_sequence: any. error: after run.
/// Order:     that of the merge, over all shards. What the handler did with an event is visible to whoever follows, in the order
///            or by shards.
/// Gates:     it is a member of the tickets' gate and of the shards' gates from its construction on, whether others follow it or
///            not: nobody has to add it, and a chain may be built while events are published, those upstream first, as they
///            must be. It begins in each shard with what is claimed then, or a little later if there are tickets on
///            their way. Until it runs, all others wait for it, a ring later.
/// Errors:    std::invalid_argument: the merge has 64 consumers, or the gates of its shards 64 members, of which the merge is
///            one; std::bad_alloc.
template <class Merge, class Handler, WaitStrategy W = typename Merge::Wait>
  requires ShardedEventHandler<Handler, typename Merge::Shard>
class OrderedEventProcessor
    : public detail::ShardedRunsLoop<OrderedEventProcessor<Merge, Handler, W>, typename Merge::Shard, Handler> {
  using S = typename Merge::Shard;
  using Base = detail::ShardedRunsLoop<OrderedEventProcessor, S, Handler>;
  using Base::handler_;
  using Tickets = typename Merge::Tickets;

 public:
  using Progress = ShardedSequence<S>;

  /// Reads what is merged from now on, each event after all of `upstream` have: they are ticket_sequence() of other
  /// consumers of this merge. Handler may be a reference.
  OrderedEventProcessor(Merge& merge, std::initializer_list<Sequence*> upstream, Handler handler,
                        OrderedProcessorOptions options = {})
      : OrderedEventProcessor(merge, std::span(upstream.begin(), upstream.size()), std::forward<Handler>(handler),
                              options, merge.tickets().wait_strategy()) {}
  OrderedEventProcessor(Merge& merge, std::span<Sequence* const> upstream, Handler handler,
                        OrderedProcessorOptions options, W wait)
      : Base(std::forward<Handler>(handler)),
        options_(options),
        shards_(merge.shards()),
        tickets_(merge.tickets()),
        batch_(shards_, tickets_.capacity()),
        barrier_(tickets_, upstream, std::move(wait)),
        place_(tickets_),
        shards_place_(shards_, "OrderedEventProcessor") {}
  /// It leaves the merge and the gates. It must not be running.
  ~OrderedEventProcessor() { this->require_stopped(); }

  /// How far it has come in each shard: for consumers that follow it without an order.
  Progress& sequence() noexcept { return shards_place_.sequence(); }
  const Progress& sequence() const noexcept { return shards_place_.sequence(); }
  /// How many tickets are behind it: for those that follow it in the order.
  Sequence& ticket_sequence() noexcept { return place_.sequence(); }
  const Sequence& ticket_sequence() const noexcept { return place_.sequence(); }

 private:
  friend typename Base::Loop;

  void begin() noexcept {
    if (has_left_) return;
    sequence().go_on();
    place_.sequence().go_on();
  }
  void finish() noexcept {
    has_left_ = true;
    sequence().end();
    place_.sequence().end();
    place_.leave();
  }
  void close() noexcept { shards_.close(); }

  // One batch, or one wait for it. False: the run is over.
  bool step(const std::stop_token& stop) {
    if (has_left_) return this->go_on_after(BarrierEnd::closed, [] {});
    const Position ticket = place_.sequence().passed();
    const std::size_t available = barrier_.look(ticket);
    if (available == 0) return wait(ticket, stop);
    const std::size_t most = options_.max_batch == 0 ? ~std::size_t{0} : options_.max_batch;
    const std::size_t n = batch_.look(tickets_, ticket, available, sequence(), most);
    const bool go_on = n == 0 || this->hand_over(shards_, batch_, sequence(), n,
                                                 [&] { return batch_.count(tickets_, ticket, available, sequence()); });
    batch_.release(sequence(), place_.sequence());
    return go_on;
  }

  bool wait(Position ticket, const std::stop_token& stop) {
    const Until until = options_.timeout == kForever ? Until(stop) : Until(options_.timeout, stop);
    const BarrierEnd end = barrier_.wait_for(static_cast<SequenceNumber>(ticket), until, 1).end;
    return this->go_on_after(end, [&] {
      if constexpr (requires { handler_.on_timeout(); }) handler_.on_timeout();
    });
  }

  const OrderedProcessorOptions options_;
  detail::Shards<S>& shards_;
  Tickets& tickets_;
  detail::TicketBatch<S> batch_;
  SequenceBarrier<Tickets, W> barrier_;
  detail::TicketPlace<Tickets> place_;  // before its place in the shards: what it finds there has a ticket that it sees
  detail::ShardsPlace<S> shards_place_;
  bool has_left_ = false;
};

template <class Merge, class Handler>
OrderedEventProcessor(Merge&, std::initializer_list<Sequence*>, Handler) -> OrderedEventProcessor<Merge, Handler>;
template <class Merge, class Handler>
OrderedEventProcessor(Merge&, std::initializer_list<Sequence*>, Handler, OrderedProcessorOptions)
    -> OrderedEventProcessor<Merge, Handler>;

}  // namespace whorl::inline WHORL_ABI_TAG
