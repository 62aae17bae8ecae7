#pragma once
// Calls: a second opinion of what a shard has answered, beside the witness.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../support/orders.hpp"
#include "model.hpp"

/// Remembers the calls of one execution and what each could know of the others, and looks for an order of all of them in
/// which one queue gives these answers (test/support/orders.hpp). "Before" is the memory model's here: a call comes before
/// another if its end happens before the other's beginning. So it judges what the witness does not: the order of items of
/// different producers, and reads that find nothing.
///
/// Not judged: executions of more calls than the search takes, and those in which an element throws (a tombstone is no item).
class Calls {
 public:
  using Kind = whorl_test::Orders::Kind;

  explicit Calls(std::size_t capacity) : capacity_(capacity) {
    calls_.reserve(16);
    ends_.reserve(16);
  }

  /// A call begins; returns the calls before it.
  std::uint64_t begin() const {
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const bool is_known = !model::Engine::get().inside() || model::Engine::get().knows(ends_[i]);
      before |= std::uint64_t{is_known} << i;
    }
    return before;
  }
  /// It ends: of its items, each is a call behind the one before. `before` then counts this one, too.
  void end(std::uint64_t& before, Kind kind, std::uint64_t item = 0) {
    if (calls_.size() == whorl_test::Orders::kMost) is_judged_ = false;
    if (!is_judged_) return;
    calls_.push_back({kind, item, before});
    // What the set-up has done is known to all.
    ends_.push_back(model::Engine::get().inside() ? model::Engine::get().last_operation() : model::Moment{});
    before |= std::uint64_t{1} << (calls_.size() - 1);
  }
  void give_up() noexcept { is_judged_ = false; }

  void settle() const {
    if (is_judged_) model::require(whorl_test::Orders(capacity_, calls_).exist(), "no order explains the answers");
  }

 private:
  std::size_t capacity_;
  bool is_judged_ = true;
  std::vector<whorl_test::Orders::Call> calls_;
  std::vector<model::Moment> ends_;  // of each, the last operation
};
