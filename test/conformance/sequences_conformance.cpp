// FixedSequenceGroupTest, UtilTest, SequenceGroupTest and SequenceBarrierTest of the LMAX Disruptor.

#include <atomic>
#include <climits>
#include <span>
#include <whorl/disruptor/sequencer.hpp>
#include <whorl/handoff/lap_flags.hpp>

#include "../support/message.hpp"
#include "common.hpp"

using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::BarrierResult;
using whorl::LapFlags;
using whorl::Position;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::Until;

namespace {

// Two consumers of a sequencer that has published sequences 0 to 7: one has done 3, the other 7.
template <class S>
struct Two {
  Sequence three, seven;
  S sequencer{16};
  Two() {
    REQUIRE(sequencer.add_gating(seven));
    REQUIRE(sequencer.add_gating(three));
    publish(sequencer, 8);
    seven.set(7);
    three.set(3);
  }
};

// Three workers upstream of a barrier, and ten sequences published.
template <class S, class W = SleepAtOnce>
struct Workers {
  Sequence one, two, three;
  S sequencer{64};
  Sequence* const all[3] = {&one, &two, &three};
  SequenceBarrier<S, W> barrier;

  explicit Workers(W strategy = {}) : barrier(sequencer, all, std::move(strategy)) { publish(sequencer, 10); }
  void set_all(SequenceNumber s) {
    for (Sequence* worker : all) worker->set(s);
  }
};

// Spins, and tells how often it has looked.
struct CountedSpin {
  std::atomic<int>* looks;
  template <class Event, class Ready>
  whorl::WaitResult wait(Event& event, Ready&& ready, const Until& until) const {
    const auto look = [&] {
      looks->fetch_add(1);
      return ready();
    };
    return whorl::BusySpinWait{}.wait(event, look, until);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("lmax: FixedSequenceGroupTest.shouldReturnMinimumOf2Sequences: the least of two, as they move", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence one, two;
  S sequencer(64);
  const SequenceBarrier barrier(sequencer, {&one, &two});
  one.set(34);
  two.set(47);
  CHECK(barrier.cursor() == 34);
  one.set(35);
  CHECK(barrier.cursor() == 35);
  one.set(48);
  CHECK(barrier.cursor() == 47);
}

// ---- UtilTest -------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: UtilTest.shouldReturnNextPowerOfTwo: a capacity of 1000 is refused, and 1024 proposed", S,
                   WHORL_CONFORMANCE_ALONE) {
  CHECK(refusal_of([] { S sequencer(1000); }).find("use 512 or 1024") != std::string::npos);
}
TEST_CASE_TEMPLATE("lmax: UtilTest.shouldReturnExactPowerOfTwo: a capacity of 1024 is one of 1024", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  CHECK(S(1024).capacity() == 1024);
}
TEST_CASE_TEMPLATE("lmax: UtilTest.shouldReturnMinimumSequence: of 7, 3 and 12 it is 3", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence seven, three, twelve;
  S sequencer(16);
  for (Sequence* sequence : {&seven, &three, &twelve}) REQUIRE(sequencer.add_gating(*sequence));
  publish(sequencer, 13);
  seven.set(7);
  three.set(3);
  twelve.set(12);
  CHECK(sequencer.minimum_sequence() == 3);
}
TEST_CASE_TEMPLATE(
    "lmax: UtilTest.shouldThrowErrorIfValuePassedToLog2FunctionIsNotPositive: no capacity is 0 or negative", S,
    WHORL_CONFORMANCE_ALONE) {
  CHECK(refusal_of([] { S sequencer(0); }).find("use 1 or more") != std::string::npos);
  for (const int n : {-1, INT_MIN}) {
    CHECK(refusal_of([&] { S sequencer(static_cast<std::size_t>(n)); }).find("was it negative?") != std::string::npos);
  }
}
TEST_CASE_TEMPLATE(
    "lmax: UtilTest.shouldCalculateCorrectlyIntegerFlooredLog2: a position's lap is its number by the capacity, which "
    "is no 3",
    S, WHORL_CONFORMANCE_ALONE) {
  for (const Position capacity : {1u, 2u, 1024u, 1u << 20}) {
    for (const Position p : {Position{0}, capacity - 1, capacity, 3 * capacity - 1, 3 * capacity}) {
      CAPTURE(capacity);
      CAPTURE(p);
      const Position before = p / capacity * capacity;  // the lap begins there
      LapFlags flags(before, capacity);
      CHECK(flags.ready(p, 1) == 0);
      flags.publish(p, 1);
      CHECK(flags.ready(p, 1) == 1);
      CHECK(flags.ready(p + capacity, 1) == 0);
      CHECK(flags.ready(p + 2 * capacity, 1) == 0);
    }
  }
  CHECK(refusal_of([] { S sequencer(3); }).find("use 2 or 4") != std::string::npos);
  CHECK(refusal_of([] { S sequencer(INT_MAX); }).find("is not a power of two") != std::string::npos);
}

// ---- SequenceGroupTest: the group is a sequencer's gate -------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: SequenceGroupTest.shouldAddOneSequenceToGroup: a group of one says what that one says", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence sequence;
  S sequencer(16);
  REQUIRE(sequencer.add_gating(sequence));
  publish(sequencer, 10);
  sequence.set(7);
  CHECK(sequencer.minimum_sequence() == sequence.get());
}
TEST_CASE_TEMPLATE("lmax: SequenceGroupTest.shouldNotFailIfTryingToRemoveNotExistingSequence: the answer is no", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Two<S> two;
  Sequence stranger;
  CHECK_FALSE(two.sequencer.remove_gating(stranger));
  CHECK(two.sequencer.gate().size() == 2);
}
TEST_CASE_TEMPLATE("lmax: SequenceGroupTest.shouldReportTheMinimumSequenceForGroupOfTwo: the slower one's", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Two<S> two;
  CHECK(two.sequencer.minimum_sequence() == 3);
}
TEST_CASE_TEMPLATE("lmax: SequenceGroupTest.shouldReportSizeOfGroup: three of three", S, WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence one, two, three;
  S sequencer(16);
  for (Sequence* sequence : {&one, &two, &three}) REQUIRE(sequencer.add_gating(*sequence));
  CHECK(sequencer.gate().size() == 3);
}
TEST_CASE_TEMPLATE("lmax: SequenceGroupTest.shouldRemoveSequenceFromGroup: the other one decides from then on", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Two<S> two;
  CHECK(two.sequencer.minimum_sequence() == 3);
  CHECK(two.sequencer.remove_gating(two.three));
  CHECK(two.sequencer.minimum_sequence() == 7);
  CHECK(two.sequencer.gate().size() == 1);
}
TEST_CASE_TEMPLATE(
    "lmax: SequenceGroupTest.shouldRemoveSequenceFromGroupWhereItBeenAddedMultipleTimes: once out, nothing of it stays",
    S, WHORL_CONFORMANCE_SEQUENCERS) {
  Two<S> two;
  CHECK_FALSE(two.sequencer.add_gating(two.three));
  CHECK(two.three.get() == 3);
  CHECK(two.sequencer.minimum_sequence() == 3);
  CHECK(two.sequencer.remove_gating(two.three));
  CHECK(two.sequencer.minimum_sequence() == 7);
  CHECK(two.sequencer.gate().size() == 1);
}
TEST_CASE_TEMPLATE("lmax: SequenceGroupTest.shouldAddWhileRunning: who joins is where the producers are", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence seven, three(4);
  S sequencer(32);
  REQUIRE(sequencer.add_gating(seven));
  for (int i = 0; i < 11; ++i) publish(sequencer);
  REQUIRE(sequencer.add_gating(three));
  CHECK(three.get() == 10);
}

// ---- SequenceBarrierTest --------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: SequenceBarrierTest.shouldWaitForWorkCompleteWhereCompleteWorkThresholdIsAhead: the slowest decides, and it "
    "is there",
    S, WHORL_CONFORMANCE_SEQUENCERS) {
  Workers<S> workers;
  workers.set_all(10);
  workers.two.set(9);
  const BarrierResult result = workers.barrier.wait_for(9);
  CHECK(result.end == BarrierEnd::available);
  CHECK(result.sequence == 9);
}
TEST_CASE_TEMPLATE(
    "lmax: SequenceBarrierTest.shouldWaitForWorkCompleteWhereAllWorkersAreBlockedOnRingBuffer: woken by the workers, "
    "and they by the producer",
    S, WHORL_CONFORMANCE_SEQUENCERS) {
  Workers<S> workers;
  workers.set_all(9);
  std::thread producer([&] {
    await_sleeper(workers.one.waiting());
    workers.set_all(publish(workers.sequencer));
  });
  const BarrierResult result = workers.barrier.wait_for(10, Until(kPatience));
  producer.join();
  CHECK(result.end == BarrierEnd::available);
  CHECK(result.sequence == 10);
}
TEST_CASE_TEMPLATE("lmax: SequenceBarrierTest.shouldInterruptDuringBusySpin: an alert ends a wait that spins", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  std::atomic<int> looks{0};
  Workers<S, CountedSpin> workers(CountedSpin{&looks});
  workers.set_all(8);
  BarrierResult result;
  std::thread consumer([&] { result = workers.barrier.wait_for(9, Until(kPatience)); });
  while (looks.load() < 3) std::this_thread::yield();
  workers.barrier.alert();
  consumer.join();
  CHECK(result.end == BarrierEnd::stopped);
}
TEST_CASE_TEMPLATE(
    "lmax: SequenceBarrierTest.shouldWaitForWorkCompleteWhereCompleteWorkThresholdIsBehind: what was behind has come",
    S, WHORL_CONFORMANCE_SEQUENCERS) {
  Workers<S> workers;
  workers.set_all(8);
  CHECK(workers.barrier.wait_for(9, Until(std::chrono::milliseconds(1))).end == BarrierEnd::timed_out);
  std::thread([&] { workers.set_all(9); }).join();
  CHECK(workers.barrier.wait_for(9).sequence == 9);
}
TEST_CASE_TEMPLATE("lmax: SequenceBarrierTest.shouldSetAndClearAlertStatus: no alert, one, and none again", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(64);
  SequenceBarrier barrier(sequencer);
  CHECK_FALSE(barrier.is_alerted());
  barrier.alert();
  CHECK(barrier.is_alerted());
  CHECK(barrier.wait_for(0).end == BarrierEnd::stopped);
  barrier.clear_alert();
  CHECK_FALSE(barrier.is_alerted());
}
