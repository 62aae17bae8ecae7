#pragma once
// Orders: whether a bounded first-in first-out queue could have given the answers that a few calls were given.

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace whorl_test {

/// Looks for an order of all calls in which a queue that executes them one by one gives the same answers. An order may not
/// put a call before one that had returned when it began. One rule is weak: "empty" is right also of a queue whose first
/// item's write had not returned when the read began, though later items may be complete.
///
/// Source:  Wing and Gong, Testing and verifying concurrent objects (1993); what led nowhere is remembered, as Lowe,
///          Testing for linearizability (2017), has it. For up to 64 calls, most of them not at once.
class Orders {
 public:
  enum class Kind : std::uint8_t { write, refusal, read, empty };
  struct Call {
    Kind kind = Kind::write;
    std::uint64_t item = 0;    // of a write or read; different ones have different items
    std::uint64_t before = 0;  // a bit for each call that had returned when this one began
  };
  static constexpr std::size_t kMost = 64;

  Orders(std::size_t capacity, const std::vector<Call>& calls) : capacity_(capacity), calls_(calls) {
    queue_.reserve(calls.size());
  }

  bool exist() { return calls_.size() <= kMost && search(0); }

 private:
  static constexpr std::uint64_t bit(std::size_t call) noexcept { return std::uint64_t{1} << call; }

  // What came late is tried late, as the calls are written down: then most orders are found at the first try.
  bool search(std::uint64_t done) {
    bool all = true;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if ((done & bit(i)) != 0) continue;
      all = false;
      if ((calls_[i].before & ~done) != 0 || !is_right(i)) continue;
      execute(i);
      if (search_on(done | bit(i))) return true;
      undo(i);
    }
    return all;
  }
  bool search_on(std::uint64_t done) {
    const auto inside = [&] {
      return std::vector<std::size_t>(queue_.begin() + static_cast<long>(read_), queue_.end());
    };
    if (!in_vain_.empty() && in_vain_.contains({done, inside()})) return false;
    if (search(done)) return true;
    in_vain_.insert({done, inside()});
    return false;
  }

  bool is_right(std::size_t i) const {
    const std::size_t inside = queue_.size() - read_;
    switch (calls_[i].kind) {
      case Kind::write:
        return inside < capacity_;
      case Kind::refusal:
        return inside == capacity_;
      case Kind::read:
        return inside != 0 && calls_[queue_[read_]].item == calls_[i].item;
      default:
        return inside == 0 || (calls_[i].before & bit(queue_[read_])) == 0;
    }
  }
  void execute(std::size_t i) {
    if (calls_[i].kind == Kind::write) queue_.push_back(i);
    if (calls_[i].kind == Kind::read) ++read_;
  }
  void undo(std::size_t i) {
    if (calls_[i].kind == Kind::write) queue_.pop_back();
    if (calls_[i].kind == Kind::read) --read_;
  }

  std::size_t capacity_;
  const std::vector<Call>& calls_;
  std::vector<std::size_t> queue_;  // writes, in their order; the first read_ of them have been read
  std::size_t read_ = 0;
  std::set<std::pair<std::uint64_t, std::vector<std::size_t>>> in_vain_;  // calls done, and what was then inside
};

}  // namespace whorl_test
