#pragma once
// Histories of one shard with one consumer, and two judges of them. What is promised: items are read in the order of their
// claims, each once; a read finds nothing only if the write of the next item had not returned when the read began (the
// weak rule: later items may be complete); a write is refused only of a shard that holds as many items as it has slots.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace whorl_test {

/// When a call was begun and when it had returned, on a clock that all threads share.
struct Times {
  std::uint64_t begun = 0;
  std::uint64_t returned = 0;
  bool is_before(const Times& other) const { return returned < other.begun; }
};

/// All that happened to one shard.
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
  std::size_t capacity = 0;
  std::vector<std::vector<Times>> writes;  // of each producer, in its order
  std::vector<Times> refusals;
  std::vector<Read> reads;  // in the consumer's order
  std::vector<Empty> empties;

  std::size_t operations() const {
    std::size_t all = refusals.size() + reads.size() + empties.size();
    for (const auto& of_one : writes) all += of_one.size();
    return all;
  }
};

namespace history_detail {

// Every item written was read, once, in its producer's order, and not before it was written.
inline std::string judge_items(const History& history) {
  std::vector<std::size_t> next(history.writes.size(), 0);
  for (const History::Read& read : history.reads) {
    if (read.producer >= next.size() || read.number >= history.writes[read.producer].size()) return "read, not written";
    if (read.number != next[read.producer]++) return "lost, read twice, or out of its producer's order";
    if (read.times.is_before(history.writes[read.producer][read.number])) return "read before it was written";
  }
  for (std::size_t producer = 0; producer < next.size(); ++producer) {
    if (next[producer] != history.writes[producer].size()) return "written, not read";
  }
  return "";
}

// Of two writes, one after the other, the first was read first.
inline std::string judge_order(const History& history) {
  std::uint64_t latest_begun = 0;
  for (const History::Read& read : history.reads) {
    const Times& write = history.writes[read.producer][read.number];
    if (write.returned < latest_begun) return "read behind an item that was written later";
    latest_begun = std::max(latest_begun, write.begun);
  }
  return "";
}

inline std::string judge_empties(const History& history) {
  for (const History::Empty& empty : history.empties) {
    if (empty.read_before >= history.reads.size()) continue;  // there was nothing more, ever
    const History::Read& next = history.reads[empty.read_before];
    if (history.writes[next.producer][next.number].is_before(empty.times))
      return "nothing found, although it was there";
  }
  return "";
}

inline std::string judge_refusals(const History& history) {
  std::vector<std::uint64_t> begun;
  for (const auto& of_one : history.writes) {
    for (const Times& write : of_one) begun.push_back(write.begun);
  }
  std::ranges::sort(begun);
  const auto before = [](std::uint64_t time) { return [time](const auto& other) { return other < time; }; };
  for (const Times& refusal : history.refusals) {
    // At most so many claims, at least so many given back.
    const auto claimed = std::ranges::partition_point(begun, before(refusal.returned)) - begun.begin();
    const auto read = std::ranges::partition_point(history.reads, before(refusal.begun),
                                                   [](const History::Read& r) { return r.times.returned; }) -
                      history.reads.begin();
    if (static_cast<std::size_t>(claimed) < static_cast<std::size_t>(read) + history.capacity) {
      return "refused, although there was room";
    }
  }
  return "";
}

}  // namespace history_detail

/// Empty, or what must not have happened: in O(n log n), for histories with as many items read as written.
inline std::string judge(const History& history) {
  using namespace history_detail;
  for (const auto& judge_one : {judge_items, judge_order, judge_empties, judge_refusals}) {
    if (std::string complaint = judge_one(history); !complaint.empty()) return complaint;
  }
  return "";
}

/// The same question, answered by looking for an order of all operations that a queue could have executed one by one, each
/// within its time (Wing and Gong, 1993). For a dozen operations.
class Orders {
 public:
  explicit Orders(const History& history) : history_(history) {
    for (std::size_t producer = 0; producer < history.writes.size(); ++producer) {
      for (std::size_t number = 0; number < history.writes[producer].size(); ++number) {
        calls_.push_back({Kind::write, producer, number, history.writes[producer][number]});
      }
    }
    for (const Times& times : history.refusals) calls_.push_back({Kind::refusal, 0, 0, times});
    for (const auto& read : history.reads) calls_.push_back({Kind::read, read.producer, read.number, read.times});
    for (const auto& empty : history.empties) calls_.push_back({Kind::empty, 0, 0, empty.times});
  }

  bool exist() { return search(0, {}); }

 private:
  using Queue = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  enum class Kind : std::uint8_t { write, refusal, read, empty };
  struct Call {
    Kind kind;
    std::uint64_t producer;
    std::uint64_t number;
    Times times;
  };

  bool search(std::uint64_t done, Queue queue) {
    if (done == (std::uint64_t{1} << calls_.size()) - 1) return true;
    if (!seen_.insert({done, queue}).second) return false;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      Queue next = queue;
      if (is_first(done, i) && execute(calls_[i], next) && search(done | std::uint64_t{1} << i, std::move(next))) {
        return true;
      }
    }
    return false;
  }

  // Call i is not done, and none of those that are not done either had returned before it began.
  bool is_first(std::uint64_t done, std::size_t i) const {
    if ((done >> i & 1) != 0) return false;
    for (std::size_t k = 0; k < calls_.size(); ++k) {
      if ((done >> k & 1) == 0 && calls_[k].times.is_before(calls_[i].times)) return false;
    }
    return true;
  }

  bool execute(const Call& call, Queue& queue) const {
    switch (call.kind) {
      case Kind::write:
        if (queue.size() >= history_.capacity) return false;
        queue.emplace_back(call.producer, call.number);
        return true;
      case Kind::refusal:
        return queue.size() == history_.capacity;
      case Kind::read:
        if (queue.empty() || queue.front() != std::pair{call.producer, call.number}) return false;
        queue.erase(queue.begin());
        return true;
      default:  // the weak rule
        return queue.empty() || !history_.writes[queue.front().first][queue.front().second].is_before(call.times);
    }
  }

  const History& history_;
  std::vector<Call> calls_;
  std::set<std::pair<std::uint64_t, Queue>> seen_;
};

}  // namespace whorl_test
