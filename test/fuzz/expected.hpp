#pragma once
// The sequential model: what a sharded ring does when one thread uses it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "input.hpp"

namespace whorl_fuzz {

struct Cell {
  enum class State : std::uint8_t { open, item, tombstone };
  State state = State::open;
  std::uint32_t id = 0;
};

/// One shard. Positions count from 0, whatever the ring's first one is.
struct ExpectedShard {
  std::size_t capacity;
  std::deque<Cell> cells;  // those of positions [next, claimed)
  std::uint64_t next = 0;
  std::uint64_t released = 0;
  std::uint64_t claimed = 0;
  std::uint64_t buried = 0;   // tombstones among the claimed
  std::uint64_t skipped = 0;  // tombstones among the released
  std::uint64_t passed = 0;   // tombstones passed since the last release
  std::uint64_t refused = 0;
  std::uint64_t backoffs = 0;
  bool closed = false;
  bool owned = false;  // by a lease

  std::size_t size() const { return static_cast<std::size_t>(claimed - released); }
  std::size_t room() const { return closed ? 0 : capacity - size(); }

  /// Returns the first position of `n` that are open now.
  std::uint64_t claim(std::size_t n) {
    AGREE(n <= room());
    cells.insert(cells.end(), n, Cell{});
    claimed += n;
    return claimed - n;
  }
  void publish(std::uint64_t position, std::uint32_t id) { end(position, {Cell::State::item, id}); }
  void bury(std::uint64_t position, std::size_t n) {
    buried += n;
    for (; n != 0; --n) end(position++, {Cell::State::tombstone, 0});
  }
  /// The last `n` claims never were.
  void forget(std::size_t n) {
    claimed -= n;
    cells.resize(cells.size() - n);
  }

  // ---- the reader's
  /// Passes tombstones. True: there is an item.
  bool pass() {
    for (; !cells.empty() && cells.front().state == Cell::State::tombstone; ++next, ++passed) cells.pop_front();
    return !cells.empty() && cells.front().state == Cell::State::item;
  }
  std::uint32_t take() {
    const std::uint32_t id = cells.front().id;
    cells.pop_front();
    ++next;
    return id;
  }
  void release() {
    skipped += std::exchange(passed, 0);
    released = next;
  }
  std::size_t items_in_a_row(std::size_t most) const {
    std::size_t n = 0;
    while (n < most && n < cells.size() && cells[n].state == Cell::State::item) ++n;
    return n;
  }

 private:
  void end(std::uint64_t position, Cell cell) {
    Cell& old = cells.at(static_cast<std::size_t>(position - next));
    AGREE(old.state == Cell::State::open);
    old = cell;
  }
};

struct ExpectedRing {
  std::vector<ExpectedShard> shards;
  std::size_t quota;
  bool by_run;           // Dense: the reader takes what was there when it looked, one run at a time
  std::size_t turn = 0;  // the shard after the one served last
  bool closed = false;

  ExpectedRing(std::size_t capacity, std::size_t count, std::size_t quota_given, bool reads_by_run)
      : shards(count, ExpectedShard{.capacity = capacity, .cells = {}}), quota(quota_given), by_run(reads_by_run) {}

  void close() {
    closed = true;
    for (ExpectedShard& shard : shards) shard.closed = true;
  }
  bool is_drained() const {
    return std::all_of(shards.begin(), shards.end(), [](const ExpectedShard& shard) {
      return shard.closed && !shard.owned && shard.next == shard.claimed;
    });
  }
  /// Looks at shard after shard until one has an item.
  bool is_readable() {
    for (ExpectedShard& shard : shards) {
      const bool found = shard.pass();
      shard.release();
      if (found) return true;
    }
    return false;
  }
  std::size_t size() const {
    std::size_t size = 0;
    for (const ExpectedShard& shard : shards) size += shard.size();
    return size;
  }
};

/// One read call, item by item: between two items a handler may write.
class ExpectedSweep {
 public:
  ExpectedSweep(ExpectedRing& ring, std::size_t most)
      : ring_(ring), most_(most), from_(ring.turn), left_(ring.shards.size()) {}

  /// The next item that the consumer gets; none when the call returns.
  std::optional<std::uint32_t> next() {
    while (in_visit_ || begin_visit()) {
      if (const auto id = next_of_visit()) return id;
    }
    return std::nullopt;
  }
  /// The handler threw.
  void cut_short() {
    shard().release();
    ring_.turn = (shard_ + 1) % ring_.shards.size();
  }
  std::size_t used() const { return used_; }
  /// Of which shard the last item was.
  std::size_t shard_index() const { return shard_; }

 private:
  ExpectedShard& shard() { return ring_.shards[shard_]; }
  bool is_alone() const { return ring_.shards.size() == 1; }  // then there is no quota

  bool begin_visit() {
    if (used_ >= most_ || left_ == 0) return false;
    shard_ = std::exchange(from_, (from_ + 1) % ring_.shards.size());
    visit_most_ = is_alone() ? most_ : std::min(ring_.quota, most_ - used_);
    visit_used_ = 0;
    in_visit_ = true;
    begin_chunk();
    return true;
  }
  // Room goes back an eighth of a shard at a time.
  void begin_chunk() {
    chunk_ = std::min(visit_most_ - visit_used_, std::max<std::size_t>(1, shard().capacity / 8));
    chunk_end_ = ring_.by_run ? shard().items_in_a_row(chunk_) : chunk_;
    chunk_used_ = 0;
  }
  std::optional<std::uint32_t> next_of_visit() {
    for (;;) {
      if (chunk_used_ < chunk_end_ && shard().pass()) {
        ++chunk_used_;
        return shard().take();
      }
      visit_used_ += chunk_used_;
      if (chunk_used_ < chunk_) break;
      shard().release();
      if (visit_used_ == visit_most_) break;
      begin_chunk();
    }
    end_visit();
    return std::nullopt;
  }
  void end_visit() {
    shard().release();
    if (visit_used_ != 0) ring_.turn = (shard_ + 1) % ring_.shards.size();
    used_ += visit_used_;
    left_ = visit_used_ == ring_.quota && !is_alone() ? ring_.shards.size() : left_ - 1;
    in_visit_ = false;
  }

  ExpectedRing& ring_;
  const std::size_t most_;
  std::size_t used_ = 0;
  std::size_t from_;
  std::size_t left_;  // to look at, until each in turn had no more than it gave
  bool in_visit_ = false;
  std::size_t shard_ = 0;
  std::size_t visit_most_ = 0;
  std::size_t visit_used_ = 0;
  std::size_t chunk_ = 0;
  std::size_t chunk_end_ = 0;
  std::size_t chunk_used_ = 0;
};

}  // namespace whorl_fuzz
