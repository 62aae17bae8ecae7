#pragma once
// What a write does to the model: single items, batches, claimed ranges.

#include <utility>

#include "session.hpp"

namespace whorl_fuzz {

/// kShared: what is given up becomes a tombstone; otherwise it was never claimed.
template <class Ring, bool kByRun, bool kShared>
class Writing : public Session<Ring, kByRun> {
  using Base = Session<Ring, kByRun>;

 public:
  // A consumer of many shards passes tombstones at moments of its own: there are none where the model would have to know.
  Writing(Input& input, const Shape& shape) : Base(input, shape), may_give_up_(!kShared || shape.shards <= 8) {}

 protected:
  using Base::counts;
  using Base::expected;
  using Base::in;
  using Base::last_id;
  using Base::ring;
  using Shards = std::vector<std::size_t>;

  // One item, for a shard or, as `choice` says, for another one if that is full: write(item) tells how it went, and
  // `refused` is what it says if nothing has room.
  template <class Write>
  void write_one(std::size_t own, whorl::ShardChoice choice, bool may_throw, whorl::WriteResult refused,
                 Write&& write) {
    const std::uint32_t id = ++last_id;
    Item item(id);
    const bool copies = in.one_in(2);
    const bool fails = copies && may_throw && may_give_up_ && in.one_in(3);
    const Shards takers = takers_of(own, choice);
    std::optional<whorl::WriteResult> result;
    try {
      const Fuse fuse(fails ? 0 : -1);
      result = copies ? write(std::as_const(item)) : write(std::move(item));
    } catch (const Failure&) {
    }
    AGREE(result.has_value() == (takers.empty() || !fails));
    AGREE(item.id() == (copies || takers.empty() ? id : Item::kMovedFrom));
    if (takers.empty()) {
      AGREE(*result == refused);
      ++expected.shards[own].refused;
      return;
    }
    AGREE(!result || *result == whorl::WriteResult::ok);
    ExpectedShard& shard = expected.shards[taker_of(takers, fails)];
    if (fails) return give_up(shard, 1);
    shard.publish(shard.claim(1), id);
  }

  // As many of some items as find room, or all of them: write(items) returns how many.
  template <class Write>
  void write_batch(ExpectedShard& shard, bool all, Write&& write) {
    const std::size_t n = in.below(shard.capacity + 3);
    std::vector<Item> items;
    for (std::size_t k = 0; k < n; ++k) items.emplace_back(++last_id);
    const std::size_t fits = std::min(n, shard.room()) == n || !all ? std::min(n, shard.room()) : 0;
    const std::size_t fails_at = may_give_up_ && in.one_in(3) ? in.below(n + 1) : n;
    std::optional<std::size_t> written;
    try {
      const Fuse fuse(fails_at < n ? static_cast<int>(fails_at) : -1);
      written = write(std::span<const Item>(items));
    } catch (const Failure&) {
    }
    const std::size_t built = std::min(fits, fails_at);
    AGREE(written.has_value() == (built == fits));
    AGREE(!written || *written == fits);
    for (std::size_t k = 0; k < built; ++k) shard.publish(shard.claim(1), items[k].checked_id());
    if (!written) return give_up(shard, fits - built);
    shard.refused += n - fits;
  }

  // ---- claimed ranges
  template <class Range>
  struct Open {
    Range range;
    std::size_t shard;
    std::uint64_t first;  // position
    std::vector<std::uint32_t> ids;
    std::size_t published = 0;
  };

  // claim(most, least) returns a range, of which there is one more in `open` if it is not empty.
  template <class Range, class Claim>
  void claim(std::vector<Open<Range>>& open, std::size_t s, Claim&& claim) {
    ExpectedShard& shard = expected.shards[s];
    const std::size_t most = in.below(shard.capacity + 2);
    const std::size_t least = in.one_in(2) ? in.below(most + 1) : std::min<std::size_t>(1, most);
    Range range = claim(most, least);
    const bool is_refused = most == 0 || shard.room() < std::max<std::size_t>(1, least);
    const std::size_t size = is_refused ? 0 : std::min(most, shard.room());
    AGREE(range.size() == size && bool(range) == (size != 0));
    AGREE(range.built() == 0 && range.published() == 0);
    if (size != 0) open.push_back({std::move(range), s, shard.claim(size), {}});
  }

  template <class Range>
  void use_range(std::vector<Open<Range>>& open) {
    const std::size_t at = in.below(open.size());
    Open<Range>& one = open[at];
    bool is_over = false;
    switch (in.below(5)) {
      case 0:
      case 1:
        build(one, 1 + in.below(4));
        break;
      case 2:
        publish(one, in.below(one.ids.size() - one.published + 1));
        break;
      case 3:
        if (one.ids.size() > one.published) {
          const std::size_t k = one.published + in.below(one.ids.size() - one.published);
          AGREE(one.range[k].checked_id() == one.ids[k]);
          one.range[k].renumber(one.ids[k] = ++last_id);
        }
        break;
      default:
        end_range(one);
        is_over = true;
        break;
    }
    if (is_over || one.range.published() == one.range.size())
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
  }

  template <class Range>
  void end_ranges(std::vector<Open<Range>>& open) {
    for (; !open.empty(); open.pop_back()) end_range(open.back());
  }

 private:
  Shards takers_of(std::size_t own, whorl::ShardChoice choice) const {
    Shards takers;
    for (std::size_t i = 0; i < expected.shards.size(); ++i) {
      const std::size_t shard = (own + i) % expected.shards.size();
      if (expected.shards[shard].room() == 0) continue;
      takers.push_back(shard);
      // The own shard and the next one are certain; what is drawn by lot is not.
      if (i == 0 || choice == whorl::ShardChoice::round_robin) break;
    }
    const bool is_others = !takers.empty() && takers.front() != own;
    return is_others && choice == whorl::ShardChoice::affinity ? Shards{} : takers;
  }
  // Which one of them it was, as their counts tell.
  std::size_t taker_of(const Shards& takers, bool failed) const {
    if (takers.size() == 1) return takers[0];
    std::optional<std::size_t> taker;
    for (const std::size_t i : takers) {
      const whorl::RingStats stats = ring.stats(i);
      if (stats.accepted + stats.tombstones == expected.shards[i].claimed) continue;
      AGREE(!taker);
      taker = i;
    }
    AGREE(taker && (kShared || !failed));
    return *taker;
  }
  void give_up(ExpectedShard& shard, std::size_t n) {
    if constexpr (kShared) shard.bury(shard.claim(n), n);
  }

  template <class Range>
  void build(Open<Range>& one, std::size_t n) {
    for (; n != 0 && one.ids.size() < one.range.size(); --n) {
      const std::uint32_t id = ++last_id;
      const bool fails = in.one_in(8);
      bool failed = false;
      try {
        const Fuse fuse(fails ? 0 : -1);
        AGREE(one.range.emplace(id).checked_id() == id);
        one.ids.push_back(id);
      } catch (const Failure&) {
        failed = true;
      }
      AGREE(failed == fails && one.range.built() == one.ids.size());
    }
  }
  template <class Range>
  void publish(Open<Range>& one, std::size_t n) {
    one.range.publish(n);
    ExpectedShard& shard = expected.shards[one.shard];
    for (; n != 0; --n, ++one.published) shard.publish(one.first + one.published, one.ids[one.published]);
    AGREE(one.range.published() == one.published);
  }
  template <class Range>
  void end_range(Open<Range>& one) {
    if (!may_give_up_) {
      while (one.ids.size() < one.range.size()) build(one, one.range.size());
      publish(one, one.range.size() - one.published);
      return;
    }
    const std::size_t rest = one.range.size() - one.published;
    in.one_in(2) ? one.range.discard() : void(one.range = Range{});
    if constexpr (kShared) {
      expected.shards[one.shard].bury(one.first + one.published, rest);
    } else {
      expected.shards[one.shard].forget(rest);
    }
  }

  const bool may_give_up_;
};

/// A policy that ends, and what a write says that finds no room under it.
struct Impatience {
  whorl::WritePolicy policy;
  whorl::Until until;
  whorl::WriteResult refused = whorl::WriteResult::full;
  std::uint64_t backoffs = 0;  // where the ring is open

  explicit Impatience(Input& in) {
    policy.shards = static_cast<whorl::ShardChoice>(in.below(3));
    policy.wait = static_cast<whorl::WriteWait>(in.below(7));
    policy.max_retries = static_cast<unsigned>(in.below(3));
    policy.pause = policy.longest_pause = std::chrono::nanoseconds(0);
    policy.warm = policy.idle = 0;
    const std::size_t end = in.below(3);
    policy.max_backoffs = end == 0 ? 1 + in.below(2) : in.below(3);
    if (end == 1) until = whorl::Until(std::chrono::nanoseconds(0));
    if (end == 2) {
      std::stop_source stop;
      stop.request_stop();
      until = whorl::Until(stop.get_token());
    }
    if (policy.max_backoffs == 1) return;  // the first round is the last: nobody looks at the clock
    if (end == 0) backoffs = 1;
    if (end == 1) refused = whorl::WriteResult::timed_out;
    if (end == 2) refused = whorl::WriteResult::stopped;
  }
};

}  // namespace whorl_fuzz
