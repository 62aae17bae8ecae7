#pragma once
// Disruptors of every kind and layout, as types for TEST_CASE_TEMPLATE; nodes that check what they see.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "sequencers.hpp"

namespace whorl_test {

template <class Kind, class Layout, class W = SleepAtOnce>
struct Flow {
  static constexpr bool kShared = Kind::Claim::kShared;
  template <class E>
  using Of = whorl::Disruptor<E, Kind, W, Layout>;
};

#define WHORL_TEST_FLOWS                                                                         \
  whorl_test::Flow<whorl::Single, whorl::Inline>, whorl_test::Flow<whorl::Single, whorl::Dense>, \
      whorl_test::Flow<whorl::Multi, whorl::Inline>, whorl_test::Flow<whorl::Multi, whorl::Dense>

/// A producer of either kind; of the one kind none once it is closed.
template <class D>
std::optional<typename D::Producer> try_producer_of(D& d) {
  return d.producer();
}
template <class D>
typename D::Producer producer_of(D& d) {
  return std::move(try_producer_of(d).value());
}

/// An event in which each node leaves the number that it has seen.
struct Marked {
  static constexpr std::size_t kMostNodes = 66;
  std::uint64_t number = 0;
  std::array<std::uint64_t, kMostNodes> marks{};
};

/// Sees numbers from `next` on without a gap, each after all upstream of it have.
struct Marker {
  std::size_t self = 0;
  std::vector<std::size_t> upstream = {};
  std::uint64_t next = 0;
  std::uint64_t wrong = 0;

  void operator()(Marked& event) {
    wrong += event.number != next++;
    for (const std::size_t node : upstream) wrong += event.marks[node] != event.number + 1;
    event.marks[self] = event.number + 1;
  }
};

/// A graph of markers: node i comes after the nodes edges[i], all of which are earlier ones.
template <class D>
class MarkedGraph {
 public:
  MarkedGraph(D& d, const std::vector<std::vector<std::size_t>>& edges, whorl::HandlerOptions options = {}) {
    for (const std::vector<std::size_t>& upstream : edges) {
      options.after = {};
      for (const std::size_t node : upstream) options.after.add(ids[node]);
      markers.push_back({.self = markers.size(), .upstream = upstream});
      ids.push_back(d.handle(std::ref(markers.back()), options));
    }
  }

  /// How many numbers all nodes have seen; -1: not all the same, or in a wrong order.
  std::int64_t seen() const {
    for (const Marker& marker : markers) {
      if (marker.wrong != 0 || marker.next != markers.front().next) return -1;
    }
    return static_cast<std::int64_t>(markers.front().next);
  }

  std::deque<Marker> markers;
  std::vector<whorl::NodeId> ids;
};

/// Publishes the numbers from `first` to `end` - 1; false when one was refused.
template <class P>
bool publish_numbers(P& producer, std::uint64_t first, std::uint64_t end) {
  for (; first != end; ++first) {
    if (producer.publish([&](Marked& event) { event.number = first; }) != whorl::PublishResult::ok) return false;
  }
  return true;
}

}  // namespace whorl_test
