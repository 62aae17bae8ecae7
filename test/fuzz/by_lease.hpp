#pragma once
// A ring that is written through leases, against the model.

#include "writing.hpp"

namespace whorl_fuzz {

template <class Layout>
class ByLease
    : public Writing<whorl::ShardedRing<Item, whorl::Exclusive, Layout>, std::is_same_v<Layout, whorl::Dense>, false> {
  using Ring = whorl::ShardedRing<Item, whorl::Exclusive, Layout>;
  using Base = Writing<Ring, std::is_same_v<Layout, whorl::Dense>, false>;
  using Range = typename Ring::Shard::Range;
  using Lease = typename Ring::Lease;

 public:
  using Base::Base;

  void run() {
    while (!in.is_over()) {
      step();
      this->compare();
    }
    while (!held_.empty()) give_back(held_.size() - 1);
    this->compare();
    if (last_id % 2 == 0) this->drain();  // else the ring is destroyed with what is in it
  }

 protected:
  using Base::expected;
  using Base::in;
  using Base::last_id;
  using Base::ring;

  void write_from_handler() override {
    if (held_.empty()) return;
    Held& held = held_[in.below(held_.size())];
    if (held.open.empty()) try_write(held);
  }

 private:
  using Open = typename Base::template Open<Range>;
  struct Held {
    Lease lease;
    std::vector<Open> open;  // one range at most
    std::size_t shard() const { return lease.shard_index(); }
  };
  static whorl::WriteResult as_result(bool written) {
    return written ? whorl::WriteResult::ok : whorl::WriteResult::full;
  }

  void step() {
    if (held_.empty() || in.one_in(8)) {
      if (in.one_in(4)) return this->read();
      return take();
    }
    const std::size_t at = in.below(held_.size());
    Held& held = held_[at];
    if (!held.open.empty() && in.one_in(2)) return this->use_range(held.open);
    switch (in.below(10)) {
      case 0:
        return try_write(held);
      case 1:
        return batch(held);
      case 2:
        return write(held);
      case 3:
        if (held.open.empty()) {
          this->claim(held.open, held.shard(),
                      [&](std::size_t most, std::size_t least) { return held.lease.try_claim(most, least); });
        }
        return;
      case 4:
        if (in.one_in(4)) this->close();
        return;
      case 5:
        if (in.one_in(2)) give_back(at);
        return;
      default:
        return this->read();
    }
  }

  // The first shard that nobody holds, unless the ring is closed.
  void take() {
    std::optional<Lease> lease = ring.lease();
    std::size_t free = 0;
    while (free < expected.shards.size() && expected.shards[free].owned) ++free;
    AGREE(lease.has_value() == (!expected.closed && free < expected.shards.size()));
    if (!lease) return;
    AGREE(lease->shard_index() == free);
    expected.shards[free].owned = true;
    held_.push_back({std::move(*lease), {}});
  }
  void give_back(std::size_t at) {
    Held& held = held_[at];
    this->end_ranges(held.open);
    AGREE(held.lease.is_closed() == expected.closed);
    expected.shards[held.shard()].owned = false;
    std::swap(held, held_.back());
    held_.pop_back();
  }

  void try_write(Held& held) {
    if (!held.open.empty()) return;
    this->write_one(held.shard(), whorl::ShardChoice::affinity, true, whorl::WriteResult::full,
                    [&](auto&& item) { return as_result(held.lease.try_write(std::forward<decltype(item)>(item))); });
  }
  void batch(Held& held) {
    if (!held.open.empty()) return;
    const bool all = in.one_in(2);
    this->write_batch(expected.shards[held.shard()], all, [&](std::span<const Item> items) {
      if (!all) return held.lease.try_write_some(items);
      return held.lease.try_write_all(items) ? items.size() : 0;
    });
  }
  void write(Held& held) {
    if (!held.open.empty()) return;
    const Impatience impatience(in);
    ExpectedShard& shard = expected.shards[held.shard()];
    const whorl::WriteResult refused = expected.closed ? whorl::WriteResult::closed : impatience.refused;
    const std::uint64_t before = shard.refused;
    this->write_one(held.shard(), whorl::ShardChoice::affinity, true, refused, [&](auto&& item) {
      return held.lease.write(std::forward<decltype(item)>(item), impatience.policy, impatience.until);
    });
    if (shard.refused != before && !expected.closed) shard.backoffs += impatience.backoffs;
  }

  std::vector<Held> held_;
};

}  // namespace whorl_fuzz
