// SequencerTest, SingleProducerSequencerTest and MultiProducerSequencerTest of the LMAX Disruptor.

#include <string>
#include <whorl/disruptor/sequencer.hpp>

#include "common.hpp"

using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::NextResult;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;

namespace {

constexpr std::size_t kSize = 16;

// A sequencer, and the one consumer behind which it must not fall a lap.
template <class S>
struct Gated {
  Sequence consumer;
  S sequencer{kSize};
  Gated() { REQUIRE(sequencer.add_gating(consumer)); }
};

// What a Java int of this value is to a count.
constexpr std::size_t negative(int n) { return static_cast<std::size_t>(n); }

template <class S>
void next_refuses(std::size_t n) {
  S sequencer(kSize);
  CHECK(sequencer.next(n).result == WriteResult::full);
  CHECK(sequencer.claimed() == 0);
  CHECK(sequencer.next().sequence == 0);
}

template <class S>
void try_next_refuses(std::size_t n) {
  S sequencer(kSize);
  CHECK_FALSE(sequencer.try_next(n));
  CHECK(sequencer.claimed() == 0);
  CHECK(sequencer.try_next() == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldStartWithInitialValue: the first sequence is 0", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize);
  CHECK(sequencer.cursor() == -1);
  CHECK(sequencer.next().sequence == 0);
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldBatchClaim: a claim of four says which is the last", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize);
  CHECK(sequencer.next(4).sequence == 3);
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldIndicateHasAvailableCapacity: as much as is free, and not one more", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Gated<S> gated;
  CHECK(gated.sequencer.has_available_capacity(1));
  CHECK(gated.sequencer.has_available_capacity(kSize));
  CHECK_FALSE(gated.sequencer.has_available_capacity(kSize + 1));
  publish(gated.sequencer);
  CHECK(gated.sequencer.has_available_capacity(kSize - 1));
  CHECK_FALSE(gated.sequencer.has_available_capacity(kSize));
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldIndicateNoAvailableCapacity: a full one has no room for one", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Gated<S> gated;
  publish(gated.sequencer, kSize);
  CHECK_FALSE(gated.sequencer.has_available_capacity(1));
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldHoldUpPublisherWhenBufferIsFull: it waits until the consumer moves", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Gated<S> gated;
  publish(gated.sequencer, kSize);
  CHECK(gated.sequencer.cursor() == kSize - 1);
  std::thread publisher([&] { publish(gated.sequencer); });
  await_sleeper(gated.consumer.waiting());
  CHECK(gated.sequencer.cursor() == kSize - 1);
  CHECK(gated.sequencer.claimed() == kSize);
  gated.consumer.set(0);
  publisher.join();
  CHECK(gated.sequencer.cursor() == kSize);
}

TEST_CASE_TEMPLATE(
    "lmax: SequencerTest.shouldThrowInsufficientCapacityExceptionWhenSequencerIsFull: room counts claims, not what is "
    "published",
    S, WHORL_CONFORMANCE_SEQUENCERS) {
  Gated<S> gated;
  for (std::size_t i = 0; i < kSize; ++i) CHECK(gated.sequencer.next());
  CHECK_FALSE(gated.sequencer.try_next());
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldCalculateRemainingCapacity: it falls by one with each claim", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Gated<S> gated;
  for (std::size_t claimed = 0; claimed < kSize; ++claimed) {
    CHECK(gated.sequencer.remaining_capacity() == kSize - claimed);
    CHECK(gated.sequencer.next());
  }
  CHECK(gated.sequencer.remaining_capacity() == 0);
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotBeAvailableUntilPublished: none of six claimed, then all six", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize);
  const SequenceNumber last = sequencer.next(6).sequence;
  for (SequenceNumber s = 0; s <= last; ++s) CHECK_FALSE(sequencer.is_available(s));
  sequencer.publish(0, last);
  for (SequenceNumber s = 0; s <= last; ++s) CHECK(sequencer.is_available(s));
  CHECK_FALSE(sequencer.is_available(6));
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldWaitOnPublication: a wait says how far publishing has come, from -1 on",
                   S, WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize);
  SequenceBarrier barrier(sequencer);
  REQUIRE(sequencer.next(10).sequence == 9);
  for (SequenceNumber s = 0; s < 5; ++s) sequencer.publish(s);
  CHECK(barrier.wait_for(-1).sequence == 4);
  for (SequenceNumber s = 5; s < 10; ++s) sequencer.publish(s);
  CHECK(barrier.wait_for(-1).sequence == 9);
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldTryNext: it claims until there is no room, and says so then", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Gated<S> gated;
  for (std::size_t i = 0; i < kSize; ++i) {
    const auto sequence = gated.sequencer.try_next();
    REQUIRE(sequence);
    gated.sequencer.publish(*sequence);
  }
  CHECK_FALSE(gated.sequencer.try_next());
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldClaimSpecificSequence: one that begins at 14 goes on with 15", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize, {}, {.first_position = 14});
  CHECK(sequencer.cursor() == 13);
  CHECK(sequencer.next().sequence == 14);
  sequencer.publish(14);
  CHECK(sequencer.next().sequence == 15);
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotAllowBulkNextLessThanZero: the answer is full, nothing is claimed", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  next_refuses<S>(negative(-1));
}
TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotAllowBulkNextOfZero: the answer is full, nothing is claimed", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  next_refuses<S>(0);
}
TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotAllowBulkTryNextLessThanZero: there is no answer, nothing is claimed",
                   S, WHORL_CONFORMANCE_SEQUENCERS) {
  try_next_refuses<S>(negative(-1));
}
TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotAllowBulkTryNextOfZero: there is no answer, nothing is claimed", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  try_next_refuses<S>(0);
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.sequencesBecomeAvailableAfterAPublish: and not by being claimed", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize);
  const SequenceNumber s = sequencer.next().sequence;
  CHECK_FALSE(sequencer.is_available(s));
  sequencer.publish(s);
  CHECK(sequencer.is_available(s));
}

TEST_CASE_TEMPLATE("lmax: SequencerTest.sequencesBecomeUnavailableAfterWrapping: a lap later it is gone", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize, {}, {.without_consumers = whorl::EmptyGate::open});
  const SequenceNumber s = publish(sequencer);
  CHECK(sequencer.is_available(s));
  for (std::size_t i = 0; i < kSize; ++i) publish(sequencer);
  CHECK_FALSE(sequencer.is_available(s));
  CHECK(sequencer.is_available(s + 1));
}

TEST_CASE_TEMPLATE(
    "lmax: SingleProducerSequencerTest.shouldNotUpdateCursorDuringHasAvailableCapacity: who asks for room publishes "
    "nothing",
    S, WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(kSize, {}, {.without_consumers = whorl::EmptyGate::open});
  for (std::size_t i = 0; i < 2 * kSize; ++i) {
    const SequenceNumber s = sequencer.next().sequence;
    CHECK(sequencer.cursor() == s - 1);
    static_cast<void>(sequencer.has_available_capacity(13));
    CHECK(sequencer.cursor() == s - 1);
    CHECK_FALSE(sequencer.is_available(s));
    sequencer.publish(s);
  }
}

TEST_CASE_TEMPLATE(
    "lmax: MultiProducerSequencerTest.shouldOnlyAllowMessagesToBeAvailableIfSpecificallyPublished: 3 and 5, and none "
    "between",
    S, WHORL_CONFORMANCE_SHARED) {
  S sequencer(1024);
  REQUIRE(sequencer.next(7).sequence == 6);
  sequencer.publish(3);
  sequencer.publish(5);
  for (SequenceNumber s = 0; s <= 6; ++s) CHECK(sequencer.is_available(s) == (s == 3 || s == 5));
}
