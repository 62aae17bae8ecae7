#pragma once
// whorl's rings with one choice made the other way, to measure what the choice is worth (docs/decisions/0005 and 0007).

#include <bit>
#include <cstdint>
#include <whorl/handoff/reader.hpp>

#include "whorl.hpp"

namespace bench {

// A stamped shard for one producer whose reader follows the stamps or runs ahead of them, as kFollow says.
template <class ItemType, class Claim, bool kFollow>
class WhorlReading {
  using Cells = whorl::StampedCells<ItemType>;

 public:
  using Item = ItemType;
  static constexpr Producers kProducers = Claim::kShared ? Producers::kAny : Producers::kOne;
  static constexpr bool kBulk = true;

  struct Producer {
    whorl::HandOff<Claim, Cells, whorl::ConsumerCursor>& hand_off;
    bool try_push(const Item& item) {
      return hand_off.write(1, 1, [&](std::size_t) noexcept -> const Item& { return item; }) != 0;
    }
  };

  explicit WhorlReading(Shape shape) : capacity_(shape.capacity), hand_off_(0, capacity_), reader_(0, capacity_) {}
  Producer producer(std::size_t /*id*/) { return {hand_off_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return reader_.visit(hand_off_.cells(), hand_off_.gate(), most, take);
  }
  std::size_t capacity() const { return capacity_; }

 private:
  std::size_t capacity_;
  whorl::HandOff<Claim, Cells, whorl::ConsumerCursor> hand_off_;
  whorl::Reader<kFollow> reader_;
};

template <class Item>
struct WhorlExclusiveAhead : WhorlReading<Item, whorl::ExclusiveClaim, false> {
  static constexpr const char* kName = "whorl/exclusive_ahead";
  using WhorlExclusiveAhead::WhorlReading::WhorlReading;
};
template <class Item>
struct WhorlExclusiveFollow : WhorlReading<Item, whorl::ExclusiveClaim, true> {
  static constexpr const char* kName = "whorl/exclusive_follow";
  using WhorlExclusiveFollow::WhorlReading::WhorlReading;
};
template <class Item>
struct WhorlSharedAhead : WhorlReading<Item, whorl::SharedClaim, false> {
  static constexpr const char* kName = "whorl/shared_ahead";
  using WhorlSharedAhead::WhorlReading::WhorlReading;
};
template <class Item>
struct WhorlSharedFollow : WhorlReading<Item, whorl::SharedClaim, true> {
  static constexpr const char* kName = "whorl/shared_follow";
  using WhorlSharedFollow::WhorlReading::WhorlReading;
};

// Exclusive rings whose consumer never holds back at the empty edge.
template <class Item, class Layout>
struct WhorlUnpaused : WhorlExclusive<Item, Layout> {
  explicit WhorlUnpaused(Shape shape) : WhorlExclusive<Item, Layout>(shape, whorl::RingOptions{.edge_pauses = 0}) {}
};
template <class Item>
struct WhorlInlineUnpaused : WhorlUnpaused<Item, whorl::Inline> {
  static constexpr const char* kName = "whorl/inline_unpaused";
  using WhorlInlineUnpaused::WhorlUnpaused::WhorlUnpaused;
};
template <class Item>
struct WhorlDenseUnpaused : WhorlUnpaused<Item, whorl::Dense> {
  static constexpr const char* kName = "whorl/dense_unpaused";
  using WhorlDenseUnpaused::WhorlUnpaused::WhorlUnpaused;
};

}  // namespace bench
