// The tests of the LMAX Disruptor's wait strategies: each finds what comes later, and tells when it does not come.

#include <span>
#include <whorl/disruptor/sequencer.hpp>
#include <whorl/wait/backoff_waits.hpp>

#include "common.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::BarrierResult;
using whorl::PhasedBackoffWait;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::Until;

namespace {

// Sequence 0 comes after `delay`; the first barrier waits for its publisher, the second for whoever waits at the first.
template <class S, class W>
void finds_after(std::chrono::milliseconds delay, W strategy) {
  Sequence upstream;
  S sequencer(16);
  SequenceBarrier<S, W> root(sequencer, {}, strategy);
  Sequence* const all[] = {&upstream};
  SequenceBarrier<S, W> dependent(sequencer, all, strategy);
  std::thread publisher([&] {
    std::this_thread::sleep_for(delay);
    publish(sequencer);
  });
  BarrierResult first;
  std::thread consumer([&] {
    first = root.wait_for(0, Until(kPatience));
    upstream.set(first.sequence);
  });
  const BarrierResult second = dependent.wait_for(0, Until(kPatience));
  publisher.join();
  consumer.join();
  for (const BarrierResult& result : {first, second}) {
    CHECK(result.end == BarrierEnd::available);
    CHECK(result.sequence == 0);
  }
}

// Of both kinds: one that sleeps until it is woken at last, one that looks again and again.
template <class S>
void phased_finds_after(std::chrono::milliseconds delay) {
  finds_after<S>(delay, PhasedBackoffWait<>{.spin_time = 1ms, .yield_time = 1ms});
  finds_after<S>(delay, PhasedBackoffWait<whorl::SleepingWait>{.spin_time = 1ms, .yield_time = 1ms});
}

// Sequence 5 was the last.
template <class S, class W>
void times_out(std::chrono::milliseconds patience, W strategy) {
  S sequencer(16);
  publish(sequencer, 6);
  SequenceBarrier<S, W> barrier(sequencer, {}, strategy);
  const auto begin = std::chrono::steady_clock::now();
  const BarrierResult result = barrier.wait_for(6, Until(patience));
  CHECK(result.end == BarrierEnd::timed_out);
  CHECK(result.sequence == 5);
  CHECK(std::chrono::steady_clock::now() - begin >= patience);
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: BusySpinWaitStrategyTest.shouldWaitForValue: it comes after 50 ms", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  finds_after<S>(50ms, whorl::BusySpinWait{});
}
TEST_CASE_TEMPLATE("lmax: YieldingWaitStrategyTest.shouldWaitForValue: it comes after 50 ms", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  finds_after<S>(50ms, whorl::YieldingWait{});
}
TEST_CASE_TEMPLATE("lmax: SleepingWaitStrategyTest.shouldWaitForValue: it comes after 50 ms", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  finds_after<S>(50ms, whorl::SleepingWait{});
}

TEST_CASE_TEMPLATE("lmax: PhasedBackoffWaitStrategyTest.shouldHandleImmediateSequenceChange: it comes at once", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  phased_finds_after<S>(0ms);
}
TEST_CASE_TEMPLATE(
    "lmax: PhasedBackoffWaitStrategyTest.shouldHandleSequenceChangeWithOneMillisecondDelay: as the spinning ends", S,
    WHORL_CONFORMANCE_SEQUENCERS) {
  phased_finds_after<S>(1ms);
}
TEST_CASE_TEMPLATE(
    "lmax: PhasedBackoffWaitStrategyTest.shouldHandleSequenceChangeWithTwoMillisecondDelay: as the yielding ends", S,
    WHORL_CONFORMANCE_SEQUENCERS) {
  phased_finds_after<S>(2ms);
}
TEST_CASE_TEMPLATE(
    "lmax: PhasedBackoffWaitStrategyTest.shouldHandleSequenceChangeWithTenMillisecondDelay: long after both", S,
    WHORL_CONFORMANCE_SEQUENCERS) {
  phased_finds_after<S>(10ms);
}

TEST_CASE_TEMPLATE("lmax: TimeoutBlockingWaitStrategyTest.shouldTimeoutWaitFor: after half a second, and not before", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  times_out<S>(500ms, whorl::BlockingWait{});
}
TEST_CASE_TEMPLATE("lmax: LiteTimeoutBlockingWaitStrategyTest.shouldTimeoutWaitFor: so does every other strategy", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  times_out<S>(50ms, whorl::BusySpinWait{});
  times_out<S>(50ms, whorl::YieldingWait{});
  times_out<S>(50ms, whorl::SleepingWait{});
  times_out<S>(50ms, whorl::ExponentialWait{});
  times_out<S>(50ms, whorl::AdaptiveWait{});
  times_out<S>(50ms, whorl::NoWait{});
  times_out<S>(50ms, PhasedBackoffWait<>{});
  times_out<S>(50ms, PhasedBackoffWait<whorl::SleepingWait>{});
}
