#pragma once
// A ring and its model, kept in step: what every target does, whoever writes.

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <vector>
#include <whorl/whorl.hpp>

#include "expected.hpp"
#include "input.hpp"
#include "item.hpp"

namespace whorl_fuzz {

/// Sizes and options, from the first bytes.
struct Shape {
  std::size_t capacity;  // of one shard
  std::size_t shards;
  whorl::RingOptions options;

  explicit Shape(Input& in) : capacity(std::size_t{1} << in.below(6)), shards(std::size_t{1} << in.below(5)) {
    constexpr std::array<std::size_t, 6> kQuotas{256, 1, 2, 3, 5, 16};
    constexpr std::array<whorl::Position, 5> kFirsts{0, (whorl::Position{1} << 32) - 2, (whorl::Position{1} << 63) - 2,
                                                     (whorl::Position{1} << 62) - 2, ~whorl::Position{0} - 1};
    options.quota = kQuotas[in.below(kQuotas.size())];
    options.edge_pauses = static_cast<unsigned>(in.below(3));
    options.count = !in.one_in(4);
    const std::size_t first = in.below(kFirsts.size() + 1);
    options.first_position = first == kFirsts.size() ? in.word() : kFirsts[first];
  }
};

/// The consumer's operations, and the comparison of all that can be asked. Writers derive from it.
template <class Ring, bool kByRun>
class Session {
 public:
  Session(Input& input, const Shape& shape)
      : in(input),
        ring(shape.capacity * shape.shards, shape.shards, shape.options),
        expected(shape.capacity, shape.shards, shape.options.quota, kByRun),
        counts(shape.options.count) {
    AGREE(ring.capacity() == shape.capacity * shape.shards && ring.shard_count() == shape.shards);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  void read() {
    switch (in.below(6)) {
      case 0:
        return read_one();
      case 1:
        return read_some(in.below(2 * expected.shards[0].capacity + 2), false);
      case 2:
        return read_some(in.below(2 * expected.shards[0].capacity + 2), true);
      case 3:
        return wait();
      case 4:
        return in.one_in(16) ? poll() : wait();
      default:
        return consume(in.one_in(4) ? SIZE_MAX : in.below(2 * expected.shards[0].capacity + 2));
    }
  }

  void close() {
    ring.close();
    expected.close();
  }

  /// All that can be asked of the ring while nobody else uses it.
  void compare(bool in_handler = false) {
    whorl::RingStats total;
    for (std::size_t i = 0; i < expected.shards.size(); ++i) {
      const ExpectedShard& shard = expected.shards[i];
      const whorl::RingStats stats{.accepted = shard.claimed - shard.buried,
                                   .refused = counts ? shard.refused : 0,
                                   .delivered = shard.released - shard.skipped,
                                   .tombstones = shard.buried,
                                   .backoffs = counts ? shard.backoffs : 0};
      AGREE(ring.stats(i) == stats);
      total += stats;
    }
    AGREE(ring.stats() == total);
    AGREE(ring.size_approx() == expected.size());
    AGREE(ring.is_closed() == expected.closed);
    if (!in_handler) AGREE(ring.is_drained() == expected.is_drained());
  }

  /// Reads to the end of a closed ring, where there must be nothing left.
  void drain() {
    close();
    consume(SIZE_MAX);
    compare();  // a ring that has not ended is not waited for
    AGREE(ring.wait_readable() == whorl::ReadResult::closed);
    expected.is_readable();
    AGREE(ring.is_drained() && ring.size_approx() == 0);
    compare();
  }

 protected:
  Input& in;
  Ring ring;
  ExpectedRing expected;
  const bool counts;
  std::uint32_t last_id = 0;

  // A write from inside a handler.
  virtual void write_from_handler() = 0;

 private:
  void read_one() {
    ExpectedSweep sweep(expected, 1);
    const std::optional<Item> item = ring.try_read();
    const auto id = sweep.next();
    AGREE(item.has_value() == id.has_value());
    if (!id) return;
    AGREE(item->checked_id() == *id);
    AGREE(!sweep.next());
  }

  // With linger: read_batch, which waits for no time, or for so little that it finds nothing more.
  void read_some(std::size_t most, bool linger) {
    std::vector<Item> out(most);
    ExpectedSweep sweep(expected, most);
    const std::size_t got = !linger         ? ring.try_read_some(out)
                            : in.one_in(16) ? ring.read_batch(out, std::chrono::microseconds(1))
                                            : ring.read_batch(out, std::chrono::nanoseconds(0));
    std::size_t n = 0;
    for (auto id = sweep.next(); id; id = sweep.next(), ++n) AGREE(n < got && out[n].checked_id() == *id);
    AGREE(n == got && sweep.used() == got);
  }

  // In place, with a handler that may throw, write, close the ring, and leave the item or take it.
  void consume(std::size_t most) {
    ExpectedSweep sweep(expected, most);
    const std::size_t throws_at = in.one_in(4) ? 1 + in.below(8) : 0;
    const bool meddles = in.one_in(3);
    std::size_t seen = 0;
    const auto handler = [&](Item& item) {
      const auto id = sweep.next();
      AGREE(id && item.checked_id() == *id);
      ++seen;
      if (meddles && seen < 32) meddle();
      if (seen % 2 == 0) const Item taken = std::move(item);
      if (seen == throws_at) throw Failure();
    };
    try {
      const std::size_t got = ring.try_consume(handler, most);
      AGREE(seen != throws_at || throws_at == 0);
      AGREE(!sweep.next() && got == seen && sweep.used() == got);
    } catch (const Failure&) {
      AGREE(seen == throws_at);
      sweep.cut_short();
    }
  }
  void meddle() {
    const std::size_t what = in.below(16);
    if (what == 0) close();
    if (what < 8) write_from_handler();
    compare(true);
  }

  void wait() {
    using whorl::ReadResult;
    const std::size_t how = in.below(6);
    const whorl::Until over(std::chrono::nanoseconds(0));
    const ReadResult result = wait_as(how, over);
    if (expected.is_readable()) {
      AGREE(result == ReadResult::ready);
    } else if (expected.is_drained()) {
      AGREE(result == ReadResult::closed);
    } else {
      AGREE(result == (how == 4 ? ReadResult::stopped : ReadResult::timed_out));
    }
  }
  whorl::ReadResult wait_as(std::size_t how, const whorl::Until& over) {
    switch (how) {
      case 0:
        return ring.wait_readable(whorl::BusySpinWait{}, over);
      case 1:
        return ring.wait_readable(whorl::YieldingWait{0}, over);
      case 2:
        return ring.wait_readable(whorl::SleepingWait{0, 0}, over);
      case 3:
        return ring.wait_readable(whorl::BlockingWait{0, 0}, over);
      case 4: {
        std::stop_source stop;
        stop.request_stop();
        return ring.wait_readable(whorl::BlockingWait{0, 0}, stop.get_token());
      }
      default:
        return ring.wait_readable(whorl::BlockingWait{0, 0}, std::chrono::microseconds(1));  // announces itself
    }
  }

  // So often that a consumer of many shards stops looking at those where it finds nothing.
  void poll() {
    for (int i = 0; i < 1100; ++i) {
      const std::size_t got = ring.try_consume([](Item&) {}, 0);
      AGREE(got == 0);
    }
    consume(SIZE_MAX);
  }
};

}  // namespace whorl_fuzz
