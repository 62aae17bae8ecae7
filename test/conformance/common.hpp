#pragma once
// What the tests of this folder have in common.

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/sequence_barrier.hpp>

#include "one_shard_consumers.hpp"
#include "roster.hpp"

namespace whorl_test {

using Numbers = std::vector<std::uint64_t>;
template <class B>
using NumberRing = typename B::template Of<std::uint64_t>;
/// No wait of a test that passes is this long.
inline constexpr std::chrono::seconds kPatience{60};

/// An event that says which sequence it has.
inline constexpr auto kNumbered = [](std::uint64_t& event, whorl::SequenceNumber s) {
  event = static_cast<std::uint64_t>(s);
};

/// Claims and publishes n sequences, and returns the last.
template <class S>
whorl::SequenceNumber publish(S& sequencer, std::size_t n = 1) {
  const whorl::SequenceNumber last = sequencer.next(n, whorl::Until(kPatience)).sequence;
  sequencer.publish(last - static_cast<whorl::SequenceNumber>(n) + 1, last);
  return last;
}

/// Returns when somebody has gone to sleep on `bed` for the n-th time.
inline void await_sleeper(const whorl::EventCount& bed, std::uint64_t n = 1) {
  while (bed.sleeps() < n) std::this_thread::yield();
}

/// Writes down what a processor does with its handler: S(tart), B(atch) size/behind, each event, with a '.' at the end of
/// a batch, T(imeout), E(rror)@event, where '-' is none, s(top).
struct Notebook {
  std::string text = {};
  std::function<void(std::uint64_t, const whorl::EventContext&)> on_event = {};
  whorl::ErrorAction verdict = whorl::ErrorAction::skip;

  void operator()(std::uint64_t& event, const whorl::EventContext& context) {
    text += ' ' + std::to_string(event) + (context.end_of_batch ? "." : "");
    if (on_event) on_event(event, context);
  }
  void on_start() { text += 'S'; }
  void on_stop() { text += " s"; }
  void on_batch_start(std::size_t size, std::size_t behind) {
    text += " B" + std::to_string(size) + '/' + std::to_string(behind);
  }
  whorl::ErrorAction on_error(const std::exception_ptr&, const std::uint64_t* event, whorl::SequenceNumber) noexcept {
    text += event == nullptr ? " E-" : " E@" + std::to_string(*event);
    return verdict;
  }
};

template <class Ring>
using Noting = whorl::BatchEventProcessor<Ring, Notebook&>;

}  // namespace whorl_test
