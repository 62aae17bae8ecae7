#pragma once
// The element that the targets write: counted, and it throws when it is told to.

#include <cstdint>
#include <exception>
#include <utility>

#include "input.hpp"

namespace whorl_fuzz {

struct Failure : std::exception {};

/// Copies and constructions from an id throw when their countdown ends; moves never do.
class Item {
 public:
  static constexpr std::uint32_t kMovedFrom = 0xffff'fff0;
  static constexpr std::uint32_t kDead = 0xffff'fff1;

  static inline std::int64_t live = 0;
  static inline int fails_after = -1;  // so many more succeed; -1: all do

  Item() noexcept : Item(0, Quiet{}) {}
  explicit Item(std::uint32_t id) : Item((count_down(), id), Quiet{}) {}
  Item(const Item& other) : Item((count_down(), other.checked_id()), Quiet{}) {}
  Item(Item&& other) noexcept : Item(std::exchange(other.id_, kMovedFrom), Quiet{}) {}
  Item& operator=(const Item& other) = delete;
  Item& operator=(Item&& other) noexcept {
    AGREE(id_ != kDead);
    id_ = std::exchange(other.id_, kMovedFrom);
    return *this;
  }
  ~Item() {
    AGREE(id_ != kDead);
    id_ = kDead;
    --live;
  }

  std::uint32_t id() const { return id_; }
  /// Of an item that is there and has not been moved from.
  std::uint32_t checked_id() const {
    AGREE(id_ != kDead && id_ != kMovedFrom);
    return id_;
  }
  void renumber(std::uint32_t id) { id_ = id; }

 private:
  struct Quiet {};
  Item(std::uint32_t id, Quiet) noexcept : id_(id) { ++live; }

  static void count_down() {
    if (fails_after == -1) return;
    if (fails_after-- == 0) throw Failure();
  }

  std::uint32_t id_;
};

/// Arms the countdown for one call.
class Fuse {
 public:
  explicit Fuse(int fails_after) { Item::fails_after = fails_after; }
  ~Fuse() { Item::fails_after = -1; }
  Fuse(const Fuse&) = delete;
  Fuse& operator=(const Fuse&) = delete;
};

}  // namespace whorl_fuzz
