#pragma once
// Histories of one shard with one consumer, and the judge of them.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/orders.hpp"

namespace whorl_test {

/// When a call was begun and when it had returned, on a clock that all threads share and that synchronises those that look
/// at it: what had returned before happens before. Of a call without these times neither is known.
struct Times {
  static constexpr std::uint64_t kEver = ~std::uint64_t{0};

  std::uint64_t begun = 0;
  std::uint64_t returned = kEver;

  bool are_known() const { return returned != kEver; }
  bool is_before(const Times& other) const { return returned < other.begun; }
};

/// What happened to one shard. Where times are not known, or something is left out as the members say, the judge gives
/// the benefit of the doubt; it never calls wrong what is right.
struct History {
  struct Read {
    std::uint64_t producer = 0;
    std::uint64_t number = 0;
    Times times;
  };
  /// A read that found nothing, or nothing more, behind so many items.
  struct Empty {
    std::size_t read_before = 0;
    Times times;
  };
  /// A call that did not find room for `wanted` items besides those it may have written.
  struct Refusal {
    Times times;
    std::size_t wanted = 1;
  };
  /// Positions claimed that nothing was published in; they take room until the consumer has passed them.
  struct Burial {
    Times times;
    std::size_t positions = 1;
  };

  std::size_t capacity = 0;
  std::vector<std::vector<Times>> writes;  // of each producer, in its order; items of one call have the same times
  std::vector<Read> reads;                 // in the consumer's order, from the first one on
  std::vector<Empty> empties;              // some
  std::vector<Refusal> refusals;           // some
  std::vector<Burial> burials;             // all
  bool is_whole = true;                    // every write and every read is here

  /// Of an item that was read.
  Times written(const Read& read) const {
    const bool is_here = read.producer < writes.size() && read.number < writes[read.producer].size();
    return is_here ? writes[read.producer][read.number] : Times{};
  }
  std::size_t operations() const {
    std::size_t all = refusals.size() + reads.size() + empties.size();
    for (const auto& of_one : writes) all += of_one.size();
    return all;
  }
};

namespace history_detail {

// Every item read was written, once, in its producer's order, and no later than that; of a whole history, every item
// written was read.
inline std::string judge_items(const History& history) {
  std::vector<std::size_t> next(history.writes.size(), 0);
  for (const History::Read& read : history.reads) {
    const bool is_here = read.producer < next.size() && read.number < history.writes[read.producer].size();
    if (history.is_whole && !is_here) return "read, not written";
    if (read.producer < next.size() && read.number != next[read.producer]++) {
      return "lost, read twice, or out of its producer's order";
    }
    if (read.times.is_before(history.written(read))) return "read before it was written";
  }
  for (std::size_t producer = 0; history.is_whole && producer < next.size(); ++producer) {
    if (next[producer] != history.writes[producer].size()) return "written, not read";
  }
  return "";
}

// Of two writes, one after the other, the first was read first.
inline std::string judge_order(const History& history) {
  std::uint64_t latest_begun = 0;
  for (const History::Read& read : history.reads) {
    const Times write = history.written(read);
    if (write.returned < latest_begun) return "read behind an item that was written later";
    latest_begun = std::max(latest_begun, write.begun);
  }
  return "";
}

// The weak rule: a read finds nothing only if the write of the next item had not returned when the read began, or something
// may lie before that item that was buried only later.
inline std::string judge_empties(const History& history) {
  for (const History::Empty& empty : history.empties) {
    if (empty.read_before >= history.reads.size()) continue;  // nothing more came, or nothing that is here
    const Times write = history.written(history.reads[empty.read_before]);
    const auto hides = [&](const History::Burial& burial) {
      return !burial.times.is_before(empty.times) && !write.is_before(burial.times);
    };
    if (write.is_before(empty.times) && std::ranges::none_of(history.burials, hides)) {
      return "nothing found, although it was there";
    }
  }
  return "";
}

// How many of the times, which ascend, are before `time`.
inline std::size_t count_before(const std::vector<std::uint64_t>& times, std::uint64_t time) {
  return static_cast<std::size_t>(std::ranges::lower_bound(times, time) - times.begin());
}

// When each position was claimed at the earliest.
inline std::vector<std::uint64_t> earliest_claims(const History& history) {
  std::vector<std::uint64_t> begun;
  for (const auto& of_one : history.writes) {
    for (const Times& write : of_one) begun.push_back(write.begun);
  }
  for (const History::Burial& burial : history.burials) begun.insert(begun.end(), burial.positions, burial.times.begun);
  std::ranges::sort(begun);
  return begun;
}

// How many positions, at least, the consumer has passed when it has read so many items: these, and what was buried before
// the last of them was written.
inline std::vector<std::size_t> least_passed(const History& history) {
  std::vector<History::Burial> burials = history.burials;
  std::ranges::sort(burials, {}, [](const History::Burial& burial) { return burial.times.returned; });
  std::vector<std::size_t> passed{0};
  auto burial = burials.begin();
  std::size_t buried = 0;
  std::uint64_t latest_begun = 0;
  for (const History::Read& read : history.reads) {
    latest_begun = std::max(latest_begun, history.written(read).begun);
    for (; burial != burials.end() && burial->times.returned < latest_begun; ++burial) buried += burial->positions;
    passed.push_back(passed.size() + buried);
  }
  return passed;
}

// Whether there was a moment of the refusal without room: at most so many claims by then, at least so many given back. It is
// enough to look when it begins and whenever something may have been claimed.
inline bool may_have_been_full(const History& history, const History::Refusal& refusal,
                               const std::vector<std::uint64_t>& claims, const std::vector<std::size_t>& passed) {
  std::size_t claimed = count_before(claims, refusal.times.begun);
  for (std::uint64_t now = refusal.times.begun;; now = claims[claimed++]) {
    const auto read =
        std::ranges::partition_point(history.reads, [&](const History::Read& r) { return r.times.returned < now; });
    const std::size_t room_back = passed[static_cast<std::size_t>(read - history.reads.begin())];
    if (claimed + refusal.wanted > room_back + history.capacity) return true;
    if (claimed == claims.size() || claims[claimed] > refusal.times.returned) return false;
  }
}

// A write is refused only of a shard without room.
inline std::string judge_refusals(const History& history) {
  if (history.refusals.empty()) return "";
  const std::vector<std::uint64_t> claims = earliest_claims(history);
  const std::vector<std::size_t> passed = least_passed(history);
  for (const History::Refusal& refusal : history.refusals) {
    if (!may_have_been_full(history, refusal, claims, passed)) return "refused, although there was room";
  }
  return "";
}

// A write is accepted only by a shard with room: at least so many items written, at most so many read.
inline std::string judge_room(const History& history) {
  std::vector<std::uint64_t> written;
  for (const auto& of_one : history.writes) {
    for (const Times& write : of_one) written.push_back(write.returned);
  }
  std::ranges::sort(written);
  for (const auto& of_one : history.writes) {
    for (const Times& write : of_one) {
      const auto read = std::ranges::partition_point(
          history.reads, [&](const History::Read& r) { return r.times.begun < write.returned; });
      if (read == history.reads.end() && !history.is_whole) continue;  // more may have been read
      const auto most_read = static_cast<std::size_t>(read - history.reads.begin());
      if (count_before(written, write.begun) >= most_read + history.capacity) {
        return "accepted, although there was no room";
      }
    }
  }
  return "";
}

}  // namespace history_detail

/// Empty, or what must not have happened. What is promised of a shard that holds `capacity` positions:
///
///   - each item is read once, not before its write has begun, in the order of the claims: if one write had returned when
///     another began, it is read first, whoever wrote the two;
///   - a write is refused only if at some moment of it `capacity` positions may have been taken: so many more claims had
///     begun by then than the consumer had given back. A processor that lets loads overtake each other may break this:
///     there a producer can hear of a claim sooner than of the release that came before it;
///   - a write is accepted only if at some moment of it a position may have been free;
///   - a read finds nothing only if the write of the next item had not returned when the read began. This is weak: an item
///     that is claimed and not complete hides later ones that are, and so does a claim until it is buried.
///
/// In words of linearizability (Herlihy and Wing, 1990): what a bounded queue must not show, but for the last rule. For queues
/// without a bound, to look for such patterns is as good as to look for an order of all operations (Henzinger, Sezgin and
/// Vafeiadis, Aspect-oriented linearizability proofs, 2013; Bouajjani, Emmi, Enea and Hamza call them bad patterns); the
/// rules about room are ours, each judged by itself. One consumer makes all a matter of sorting: O(n log n) as a rule.
inline std::string judge(const History& history) {
  using namespace history_detail;
  for (const auto& judge_one : {judge_items, judge_order, judge_empties, judge_refusals, judge_room}) {
    if (std::string complaint = judge_one(history); !complaint.empty()) return complaint;
  }
  return "";
}

/// The same question of a whole history of a few calls without burials, answered by looking for an order: see Orders.
inline bool is_explained(const History& history) {
  std::vector<Orders::Call> calls;
  std::vector<Times> times;
  const auto add = [&](Orders::Kind kind, std::uint64_t item, const Times& when) {
    calls.push_back({kind, item, 0});
    times.push_back(when);
  };
  const auto item = [](std::uint64_t producer, std::uint64_t number) { return producer << 32 | number; };
  for (std::size_t producer = 0; producer < history.writes.size(); ++producer) {
    for (std::size_t number = 0; number < history.writes[producer].size(); ++number) {
      add(Orders::Kind::write, item(producer, number), history.writes[producer][number]);
    }
  }
  for (const auto& refusal : history.refusals) add(Orders::Kind::refusal, 0, refusal.times);
  for (const auto& read : history.reads) add(Orders::Kind::read, item(read.producer, read.number), read.times);
  for (const auto& empty : history.empties) add(Orders::Kind::empty, 0, empty.times);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    for (std::size_t k = 0; k < calls.size(); ++k) {
      if (times[k].is_before(times[i])) calls[i].before |= std::uint64_t{1} << k;
    }
  }
  return Orders(history.capacity, calls).exist();
}

}  // namespace whorl_test
