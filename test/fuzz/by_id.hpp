#pragma once
// A ring that is written by producer id, against the model.

#include <thread>

#include "writing.hpp"

namespace whorl_fuzz {

template <class Kind>
class ById : public Writing<whorl::ShardedRing<Item, Kind>, false, true> {
  using Ring = whorl::ShardedRing<Item, Kind>;
  using Base = Writing<Ring, false, true>;
  using Range = typename Ring::Shard::Range;

 public:
  using Base::Base;

  void run() {
    while (!in.is_over()) {
      step();
      this->compare();
    }
    this->end_ranges(open_);
    this->compare();
    if (last_id % 2 == 0) this->drain();  // else the ring is destroyed with what is in it
  }

 protected:
  using Base::expected;
  using Base::in;
  using Base::last_id;
  using Base::ring;

  void write_from_handler() override { try_write(in.byte()); }

 private:
  static constexpr auto kAffinity = whorl::ShardChoice::affinity;
  static whorl::WriteResult as_result(bool written) {
    return written ? whorl::WriteResult::ok : whorl::WriteResult::full;
  }

  void step() {
    const std::uint64_t id = in.byte();
    const std::size_t shard = static_cast<std::size_t>(id) % expected.shards.size();
    AGREE(ring.shard_of(id) == shard);
    switch (in.below(12)) {
      case 0:
        return try_write(id);
      case 1:
        return batch(id, shard);
      case 2:
        return write(id, shard);
      case 3:
        return write_through_writer(id, shard);
      case 4:
        if (open_.size() < 4) {
          this->claim(open_, shard,
                      [&](std::size_t most, std::size_t least) { return ring.try_claim(id, most, least); });
        }
        return;
      case 5:
      case 6:
        if (!open_.empty()) this->use_range(open_);
        return;
      case 7:
        if (in.one_in(8)) this->close();
        return;
      case 8:
        return foreign_write(id, shard);
      default:
        return this->read();
    }
  }

  void try_write(std::uint64_t id) {
    this->write_one(ring.shard_of(id), kAffinity, true, whorl::WriteResult::full,
                    [&](auto&& item) { return as_result(ring.try_write(id, std::forward<decltype(item)>(item))); });
  }

  // By another thread: what revokes a bias.
  void foreign_write(std::uint64_t id, std::size_t shard) {
    if (threads_ == 2) return;
    ++threads_;
    this->write_one(shard, kAffinity, false, whorl::WriteResult::full, [&](auto&& item) {
      bool written = false;
      std::thread([&] { written = ring.try_write(id, std::forward<decltype(item)>(item)); }).join();
      return as_result(written);
    });
  }

  void batch(std::uint64_t id, std::size_t shard) {
    const bool all = in.one_in(2);
    this->write_batch(expected.shards[shard], all, [&](std::span<const Item> items) {
      if (!all) return ring.try_write_some(id, items);
      return ring.try_write_all(id, items) ? items.size() : 0;
    });
  }

  // Runs write(item) of something that gives up as `impatience` says, at shard `own`.
  template <class Write>
  void write_impatiently(const Impatience& impatience, std::size_t own, Write&& write) {
    const whorl::WriteResult refused = expected.closed ? whorl::WriteResult::closed : impatience.refused;
    const std::uint64_t before = expected.shards[own].refused;
    this->write_one(own, impatience.policy.shards, true, refused, std::forward<Write>(write));
    const bool is_refused = expected.shards[own].refused != before;
    if (is_refused && !expected.closed) expected.shards[own].backoffs += impatience.backoffs;
  }
  void write(std::uint64_t id, std::size_t shard) {
    const Impatience impatience(in);
    write_impatiently(impatience, shard, [&](auto&& item) {
      return ring.write(id, std::forward<decltype(item)>(item), impatience.policy, impatience.until);
    });
  }
  void write_through_writer(std::uint64_t id, std::size_t shard) {
    const Impatience impatience(in);
    auto writer = ring.writer(id, impatience.policy);
    AGREE(writer.producer_id() == id);
    if (in.one_in(2)) {
      return write_impatiently(impatience, shard, [&](auto&& item) {
        return writer.write(std::forward<decltype(item)>(item), impatience.until);
      });
    }
    this->write_one(shard, impatience.policy.shards, true, whorl::WriteResult::full,
                    [&](auto&& item) { return as_result(writer.try_write(std::forward<decltype(item)>(item))); });
  }

  std::vector<typename Base::template Open<Range>> open_;
  int threads_ = 0;
};

}  // namespace whorl_fuzz
