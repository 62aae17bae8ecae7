#pragma once
// ClaimedRange: cells of a shard that a producer has claimed and fills where they lie.

#include <cstddef>
#include <type_traits>
#include <utility>
#include <whorl/handoff/position.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Claimed cells. Items are built in them in order, may be changed there, and are published in order, as many at a time
/// as one likes. What is not published when the range is destroyed is given up: items built are destroyed, their cells
/// become tombstones (an exclusive shard's are simply free again).
///
///     auto cells = ring.try_claim(id, 32);
///     while (cells.built() < cells.size() && next(packet)) cells.emplace(packet);
///     cells.publish();
///
/// Threads:   one; it may be moved to another. The ring outlives it.
/// Counts:    a claim that finds no room is no refused write: nothing was offered yet.
/// Progress:  nothing waits. While it is open the consumer sees nothing of the shard from its first unpublished cell on.
///            An exclusive shard is written through one range at a time, and not otherwise meanwhile: end a range (publish
///            all of it, or discard()) before the next claim and before the lease is given back. A thread that waits for
///            room in a shard where its own range is open waits for itself.
template <class Shard>
class ClaimedRange {
  using T = typename Shard::Value;

 public:
  ClaimedRange() = default;
  /// Used by the shard, which has claimed the cells for it.
  ClaimedRange(Shard& shard, Claimed cells) noexcept : shard_(&shard), cells_(cells) {}
  ClaimedRange(ClaimedRange&& other) noexcept
      : shard_(std::exchange(other.shard_, nullptr)),
        cells_(std::exchange(other.cells_, {})),
        built_(std::exchange(other.built_, 0)),
        published_(std::exchange(other.published_, 0)) {}
  ClaimedRange& operator=(ClaimedRange&& other) noexcept {
    if (this != &other) {
      give_up();
      shard_ = std::exchange(other.shard_, nullptr);
      cells_ = std::exchange(other.cells_, {});
      built_ = std::exchange(other.built_, 0);
      published_ = std::exchange(other.published_, 0);
    }
    return *this;
  }
  ~ClaimedRange() { give_up(); }

  /// False: there was no room, or the ring is closed.
  explicit operator bool() const noexcept { return size() != 0; }
  std::size_t size() const noexcept { return cells_.count; }
  std::size_t built() const noexcept { return built_; }
  std::size_t published() const noexcept { return published_; }

  /// Builds the next item in its cell. When T's constructor throws, nothing has happened.
  template <class... Args>
  T& emplace(Args&&... args) {
    static_assert(std::is_constructible_v<T, Args...>, "whorl: the element cannot be built from these arguments");
    WHORL_ASSERT(built_ < size(), "the range is full: compare built() with size()");
    T& item = shard_->build(cells_.first + built_, std::forward<Args>(args)...);
    ++built_;
    return item;
  }

  /// Item k, counted from the first: built, and not published yet.
  T& operator[](std::size_t k) noexcept {
    WHORL_ASSERT(k >= published_, "an item that is published is the consumer's");
    WHORL_ASSERT(k < built_, "only what is built can be changed");
    return shard_->at(cells_.first + k);
  }

  /// Hands the next `count` built items to the consumer.
  void publish(std::size_t count) noexcept {
    WHORL_ASSERT(count <= built_ - published_, "only what is built can be published");
    if (count == 0) return;
    shard_->publish(cells_.first + published_, count);
    published_ += count;
    if (published_ == size()) give_up();  // nothing is left: the shard may be written otherwise again
  }
  /// All that are built.
  void publish() noexcept { publish(built_ - published_); }
  /// Ends the range now; what is not published is given up.
  void discard() noexcept { give_up(); }

 private:
  void give_up() noexcept {
    if (shard_ == nullptr) return;
    shard_->end_claim({cells_.first + published_, cells_.count - published_}, built_ - published_);
    shard_ = nullptr;
  }

  Shard* shard_ = nullptr;
  Claimed cells_;
  std::size_t built_ = 0;
  std::size_t published_ = 0;
};

}  // namespace whorl::inline WHORL_ABI_TAG
