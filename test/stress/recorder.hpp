#pragma once
// Recorder: what a stress test tells of its writes and reads while they happen, and the verdict on it.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>
#include <whorl/ring/write_policy.hpp>
#include <whorl/sync/sync.hpp>

#include "history.hpp"
#include "ledger.hpp"

namespace whorl_test {

/// A ledger of all items, and a history of each shard, of which some calls have their times: by turns 64 of a thread's
/// calls have and 64 have not, so that threads also run without this clock between them; and only a row's first 131,072
/// items are written down. The ledger judges every item, `judge` what is known of the times (see history.hpp).
///
/// A row is what items call their producer. Its items, numbered from 0, all go to shard `row % shards`; where one lease
/// writes to each shard, shards may as well be named after their rows. Every write to a shard is told, or none is.
///
/// The clock: a read-modify-write that synchronises those who look. Under ThreadSanitizer it is relaxed (whose runtime
/// executes it in order all the same): the races it looks for must not be hidden by the test's own clock.
///
/// Threads:  a row: one at a time, if they synchronise. closing: any, at once. Everything else: the consumer; the verdict
///           when all others have ended.
class Recorder {
 public:
  /// With gaps, or every call.
  enum class Pace : std::uint64_t { gaps = 64, every_call = 0 };

  Recorder(std::size_t rows, std::size_t shards, std::size_t capacity, Pace pace = Pace::gaps)
      : capacity_(capacity), gaps_(static_cast<std::uint64_t>(pace)), ledger_(rows), rows_(rows), shards_(shards) {
    // Every second row begins with a gap, so that short runs have threads without this clock, too.
    for (std::size_t row = 1; row < rows; row += 2) rows_[row].calls = gaps_;
  }

  // ---- producers -------------------------------------------------------------------------------------------------

  /// A call that is under way, and what came of it.
  struct Call {
    std::size_t row;
    std::uint64_t begun;  // 0: nobody looked at the clock
  };
  struct Outcome {
    std::size_t accepted = 0;       // the row's next items
    std::size_t found_no_room = 0;  // for as many together, besides those accepted
    std::size_t buried = 0;         // positions taken that stay without an item
  };

  Call begin(std::size_t row) noexcept { return {row, (rows_[row].calls++ & gaps_) == 0 ? tick() : 0}; }
  void end(const Call& call, const Outcome& outcome) {
    Row& row = rows_[call.row];
    const Times times = call.begun != 0 ? Times{call.begun, tick()} : Times{};
    if (outcome.buried != 0) {
      row.burials.push_back({times.are_known() ? times : Times{row.latest, Times::kEver}, outcome.buried});
    }
    if (times.are_known()) {
      // So late, at most, is what was buried without its times.
      for (; row.burials_known < row.burials.size(); ++row.burials_known) {
        Times& buried = row.burials[row.burials_known].times;
        if (!buried.are_known()) buried.returned = times.begun;
      }
      row.latest = times.returned;
    }
    row.is_cut |= row.writes.size() + outcome.accepted > kMostOfRow;
    if (row.is_cut) return;
    row.writes.insert(row.writes.end(), outcome.accepted, times);
    if (outcome.found_no_room != 0 && times.are_known()) row.refusals.push_back({times, outcome.found_no_room});
  }

  /// The usual case: attempt() writes some of `offered` items, and returns whether, or how many.
  template <class Attempt>
  auto write(std::size_t row, Attempt&& attempt, std::size_t offered = 1) {
    const Call call = begin(row);
    const auto result = attempt();
    const std::size_t accepted = count(result);
    end(call, {.accepted = accepted, .found_no_room = accepted < offered ? std::size_t{1} : 0});
    return result;
  }

  /// Before the ring is closed: from now on a refusal may have that for its reason.
  void closing() noexcept {
    std::uint64_t open = Times::kEver;
    closed_.compare_exchange_strong(open, tick());
  }

  // ---- the consumer ----------------------------------------------------------------------------------------------

  /// read() shows this recorder at most `most` items, and returns how many.
  template <class Read>
  std::size_t read(std::size_t most, Read&& read) {
    begun_ = (++reads_ & gaps_) == 0 ? tick() : 0;
    is_reading_ = true;
    const std::size_t got = read();
    is_reading_ = false;
    if (begun_ == 0) return got;
    const Times times{std::exchange(begun_, 0), tick()};
    for (const Touched& touched : std::exchange(touched_, {})) {
      std::vector<History::Read>& reads = shards_[touched.shard].reads;
      for (std::size_t i = touched.from; i < reads.size(); ++i) reads[i].times = times;
    }
    if (got < most) latest_empty_ = {reads_, times};
    return got;
  }

  /// An item is read.
  void operator()(const Item& item) {
    ledger_(item);
    if (item.producer >= rows_.size()) return;
    if (!is_reading_) ++reads_;
    Shard& shard = shards_[item.producer % shards_.size()];
    if (shard.reads.size() == kMostOfShard) return;
    // It was this item that the latest empty read did not find, if nothing of its shard was read since then.
    if (shard.latest_read <= latest_empty_.read) shard.empties.push_back({shard.reads.size(), latest_empty_.times});
    if (begun_ != 0 && shard.latest_read != reads_) {
      touched_.push_back({item.producer % shards_.size(), shard.reads.size()});
    }
    shard.latest_read = reads_;
    shard.reads.push_back({item.producer / shards_.size(), item.number, {}});
  }

  std::uint64_t seen() const { return ledger_.seen(); }
  const std::vector<std::uint64_t>& seen_of_each() const { return ledger_.seen_of_each(); }

  // ---- at the end ------------------------------------------------------------------------------------------------

  /// Empty, or the first thing that must not have happened.
  std::string complaint() const {
    if (!ledger_.complaint().empty()) return ledger_.complaint();
    const auto is_silent = [](const Row& row) { return row.writes.empty(); };
    if (seen() != 0 && std::ranges::all_of(rows_, is_silent)) return "no write was told of: nothing could be judged";
    for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
      const std::string complaint = judge(history(shard));
      if (!complaint.empty()) return "shard " + std::to_string(shard) + ": " + complaint;
    }
    return "";
  }

  /// Of one shard, with what times can be told from those of other calls of the same thread.
  History history(std::size_t shard) const {
    History history;
    history.capacity = capacity_;
    history.is_whole = false;
    std::uint64_t judged_until = closed_.load();
    for (std::size_t row = shard; row < rows_.size(); row += shards_.size()) {
      judged_until = std::min(judged_until, add_row(history, rows_[row]));
    }
    std::erase_if(history.refusals, [&](const History::Refusal& r) { return r.times.returned >= judged_until; });
    history.reads = shards_[shard].reads;
    fill_gaps(history.reads, [](History::Read& read) -> Times& { return read.times; });
    history.empties = shards_[shard].empties;
    return history;
  }

 private:
  static constexpr std::size_t kMostOfRow = std::size_t{1} << 17;
  static constexpr std::size_t kMostOfShard = std::size_t{1} << 20;

  struct alignas(64) Row {
    std::vector<Times> writes;
    std::vector<History::Refusal> refusals;
    std::vector<History::Burial> burials;
    std::uint64_t calls = 0;
    std::size_t burials_known = 0;  // of how many it is known when they had returned
    std::uint64_t latest = 0;       // when the latest call with times had
    bool is_cut = false;
  };
  struct Shard {
    std::vector<History::Read> reads;
    std::vector<History::Empty> empties;
    std::uint64_t latest_read = 1;  // the number of the read that gave its latest item
  };
  struct LatestEmpty {
    std::uint64_t read = 0;  // its number
    Times times;
  };
  struct Touched {  // by the read that is under way: a shard, from one of its items on
    std::size_t shard;
    std::size_t from;
  };

  std::uint64_t tick() noexcept {
    constexpr auto kOrder = WHORL_FENCES ? std::memory_order_acq_rel : std::memory_order_relaxed;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const std::uint64_t now = clock_.fetch_add(1, kOrder);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return now;
  }

  static std::size_t count(std::integral auto n) noexcept { return static_cast<std::size_t>(n); }
  static std::size_t count(whorl::WriteResult result) noexcept { return result == whorl::WriteResult::ok ? 1 : 0; }

  // Calls of one thread come one after the other: what is not known of one lies between those around it. Returns when the
  // last known one had returned.
  template <class Calls, class TimesOf>
  static std::uint64_t fill_gaps(Calls& calls, TimesOf times_of) {
    std::uint64_t last = 0;
    for (auto& call : calls) {
      Times& times = times_of(call);
      if (times.are_known()) last = times.returned;
      if (!times.are_known()) times.begun = last;
    }
    std::uint64_t next = Times::kEver;
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
      Times& times = times_of(*call);
      if (times.are_known()) next = times.begun;
      if (!times.are_known()) times.returned = next;
    }
    return last;
  }

  // Returns until when all its claims are here.
  std::uint64_t add_row(History& history, const Row& row) const {
    history.writes.push_back(row.writes);
    const std::uint64_t last = fill_gaps(history.writes.back(), [](Times& times) -> Times& { return times; });
    history.burials.insert(history.burials.end(), row.burials.begin(), row.burials.end());
    history.refusals.insert(history.refusals.end(), row.refusals.begin(), row.refusals.end());
    return row.is_cut ? last : Times::kEver;
  }

  const std::size_t capacity_;  // of one shard
  const std::uint64_t gaps_;
  Ledger ledger_;
  std::vector<Row> rows_;
  std::vector<Shard> shards_;
  std::vector<Touched> touched_;
  std::uint64_t reads_ = 1;  // so far, and the one that is under way
  std::uint64_t begun_ = 0;  // when that was, if it has its times
  bool is_reading_ = false;
  LatestEmpty latest_empty_;
  std::atomic<std::uint64_t> closed_{Times::kEver};
  alignas(64) std::atomic<std::uint64_t> clock_{1};
};

/// Shows the recorder at most `most` items, and lets it know that this is a read; returns how many.
template <class Ring>
std::size_t show(Ring& ring, Recorder& recorder, std::size_t most) {
  return recorder.read(most, [&] { return ring.try_consume(recorder, most); });
}

}  // namespace whorl_test
