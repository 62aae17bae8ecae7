#pragma once
// What the consumer has seen, and whether it was allowed to see it.

#include <cstdint>
#include <string>
#include <vector>

namespace whorl_test {

/// Item `number` of a producer. `seal` tells an item in one piece from parts of two.
struct Item {
  std::uint64_t producer = 0;
  std::uint64_t number = 0;
  std::uint64_t seal = seal_of(0, 0);

  static Item make(std::uint64_t producer, std::uint64_t number) {
    return {producer, number, seal_of(producer, number)};
  }
  static constexpr std::uint64_t seal_of(std::uint64_t producer, std::uint64_t number) {
    return (producer * 0x9E3779B97F4A7C15u) ^ (number * 0xC2B2AE3D27D4EB4Fu) ^ 0xD6E8FEB86659FD93u;
  }
};

/// Every producer numbers its accepted items 0, 1, 2, ...: that each item comes exactly once and in its producer's
/// order is the same as that each comes when it is expected.
class Ledger {
 public:
  explicit Ledger(std::size_t producers) : expected_(producers, 0) {}

  void operator()(const Item& item) {
    ++seen_;
    if (item.seal != Item::seal_of(item.producer, item.number) || item.producer >= expected_.size()) {
      return complain("an item of parts of two", item);
    }
    std::uint64_t& expected = expected_[item.producer];
    if (item.number < expected) complain("an item delivered twice or late", item);
    if (item.number > expected) complain("an item delivered before an earlier one, or a lost one", item);
    expected = item.number + 1;
  }

  /// Empty, or the first thing that must not happen and has happened.
  const std::string& complaint() const { return complaint_; }
  const std::vector<std::uint64_t>& seen_of_each() const { return expected_; }
  std::uint64_t seen() const { return seen_; }

 private:
  void complain(const char* what, const Item& item) {
    if (!complaint_.empty()) return;
    complaint_ =
        std::string(what) + ": producer " + std::to_string(item.producer) + ", number " + std::to_string(item.number);
    if (item.producer < expected_.size()) complaint_ += ", expected " + std::to_string(expected_[item.producer]);
  }

  std::vector<std::uint64_t> expected_;
  std::uint64_t seen_ = 0;
  std::string complaint_;
};

}  // namespace whorl_test
