#pragma once
// What a consumer of tickets has of them: its place among them, and its batches.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>
#include <whorl/disruptor/ticket_merge.hpp>
#include <whorl/handoff/array.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// A consumer's place among those that tickets wait for, from now on until it leaves.
template <class Tickets>
class TicketPlace {
 public:
  explicit TicketPlace(Tickets& tickets) : tickets_(tickets), sequence_(tickets.lend_sequence()) {
    if (tickets_.add_gating(sequence_)) return;
    tickets_.take_back(sequence_);
    refuse("OrderedEventProcessor: the merge has " + std::to_string(GroupGate::kMostMembers) +
           " consumers already, and cannot have more: remove one of them first");
  }
  TicketPlace(const TicketPlace&) = delete;
  TicketPlace& operator=(const TicketPlace&) = delete;
  ~TicketPlace() {
    leave();
    tickets_.take_back(sequence_);
  }

  Sequence& sequence() noexcept { return sequence_; }
  const Sequence& sequence() const noexcept { return sequence_; }
  void leave() noexcept { tickets_.remove_gating(sequence_); }

 private:
  Tickets& tickets_;
  Sequence& sequence_;
};

// Runs in the order of their tickets. look() takes down what the tickets have that are there; which part of a ticket has been
// handled, the consumer's own sequences say.
//
// Threads:  one, the consumer.
template <class S>
class TicketBatch {
 public:
  // What a batch has of one ticket: events up to `last`, tombstones from there to `end`.
  struct Run {
    std::size_t shard;
    Position ticket;
    Position begin;
    Position last;
    Position end;
  };

  TicketBatch(Shards<S>& shards, std::size_t tickets)
      : tombstones_(shards.shard_count(), [&](std::size_t i) { return Tombstones<S>(shards.shard(i)); }) {
    runs_.reserve(tickets);
  }

  // A new batch, of at most `available` tickets from `ticket` on, and of at most `most` sequences. Returns how many.
  template <class Tickets>
  std::size_t look(Tickets& tickets, Position ticket, std::size_t available, const ShardedSequence<S>& progress,
                   std::size_t most) noexcept {
    runs_.clear();
    std::size_t size = 0;
    const Position end = ticket + available;
    for (next_ = ticket; next_ != end && size != most; ++next_) {
      const auto [shard, begin, left] = rest_of(tickets.get(static_cast<SequenceNumber>(next_)), progress);
      if (left == 0) continue;
      const std::size_t n = std::min(left, most - size);
      runs_.push_back({shard, next_, begin, begin, begin + n});
      size += n;
      if (n != left) break;
    }
    // From the back: the look at a shard's earliest run is the one that holds for all of them.
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      run->last = tombstones_[run->shard].trim(run->begin, run->end);
    }
    return size;
  }
  // How many sequences there are in all.
  template <class Tickets>
  static std::size_t count(Tickets& tickets, Position ticket, std::size_t available,
                           const ShardedSequence<S>& progress) noexcept {
    std::size_t n = 0;
    for (const Position end = ticket + available; ticket != end; ++ticket) {
      n += rest_of(tickets.get(static_cast<SequenceNumber>(ticket)), progress).left;
    }
    return n;
  }

  std::size_t runs() const noexcept { return runs_.size(); }
  const Run& run(std::size_t r) const noexcept { return runs_[r]; }
  // In the batch.
  bool is_buried(std::size_t r, Position p) const noexcept { return tombstones_[runs_[r].shard].is_at(p); }
  // No run from r on has an event.
  bool is_over(std::size_t r) const noexcept {
    for (; r < runs_.size(); ++r)
      if (runs_[r].last != runs_[r].begin) return false;
    return true;
  }

  // The batch ends at p of run r, and there the next one begins, whatever `stay` says: there is but one order.
  void cut(std::size_t r, Position p, bool /*stay*/) noexcept {
    next_ = runs_[r].ticket;
    runs_[r].end = p;
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(r) + 1, runs_.end());
  }
  // Nothing more of the batch counts as handled; the next one begins where it did.
  void rewind() noexcept { cut(0, runs_.front().begin, true); }
  // All of the batch has been handled: of its shards, and of the tickets.
  void release(ShardedSequence<S>& progress, Sequence& ticket) noexcept {
    // From the back: a shard's last run says it for all of them. An early release may have come farther.
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      if (distance(progress.passed(run->shard), run->end) > 0) progress.release(run->shard, run->end);
    }
    if (next_ != ticket.passed()) ticket.release(next_);
  }

 private:
  struct Rest {
    std::size_t shard;
    Position begin;
    std::size_t left;
  };
  // What its consumer has yet to handle of a ticket. The first part of it may have been handled, or released early, or claimed
  // before the consumer came.
  static Rest rest_of(const Ticket& ticket, const ShardedSequence<S>& progress) noexcept {
    sync::plain_read(&ticket);
    const auto first = static_cast<Position>(ticket.first);
    const std::int64_t passed = std::max<std::int64_t>(0, distance(first, progress.passed(ticket.shard)));
    const std::size_t over = std::min(ticket.count, static_cast<std::size_t>(passed));
    return {ticket.shard, first + over, ticket.count - over};
  }

  std::vector<Run> runs_;
  Position next_ = 0;  // the ticket that comes after the batch, or that is not over
  Array<Tombstones<S>> tombstones_;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
