#include <doctest/doctest.h>

#include <chrono>
#include <span>
#include <thread>
#include <utility>
#include <whorl/disruptor/sequence_barrier.hpp>
#include <whorl/wait/backoff_waits.hpp>

#include "../../support/sequencers.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::BarrierResult;
using whorl::ProducerBarrier;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::Until;

namespace {

template <class S>
void publish(S& sequencer, std::size_t n) {
  const SequenceNumber last = sequencer.try_next(n).value();
  sequencer.publish(last - static_cast<SequenceNumber>(n) + 1, last);
}

// What a wait for `sequence` comes to that begins before `end` ends it: by then it sleeps at `bed`.
template <class Barrier, class End>
BarrierResult wait_until(Barrier& barrier, SequenceNumber sequence, const whorl::EventCount& bed, End&& end) {
  BarrierResult result;
  const std::uint64_t sleeps = bed.sleeps();
  std::thread consumer([&] { result = barrier.wait_for(sequence, Until(60s)); });
  while (bed.sleeps() == sleeps) std::this_thread::yield();
  end();
  consumer.join();
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("SequenceBarrier: what is published is available, and no more", S, WHORL_TEST_SEQUENCERS) {
  S sequencer(16);
  SequenceBarrier barrier(sequencer);
  REQUIRE(sequencer.try_next(10));
  CHECK(barrier.look(0) == 0);
  sequencer.publish(0, 4);
  const BarrierResult first = barrier.wait_for(0);
  CHECK(first.end == BarrierEnd::available);
  CHECK(first.sequence == 4);
  CHECK(barrier.wait_for(-1).sequence == 4);
  CHECK(barrier.wait_for(2).sequence == 4);
  CHECK(barrier.wait_for(2, {}, 2).sequence == 3);
  sequencer.publish(5, 9);
  CHECK(barrier.wait_for(-1).sequence == 9);
  CHECK(barrier.cursor() == 9);
  const BarrierResult late = barrier.wait_for(10, Until(1ms));
  CHECK(late.end == BarrierEnd::timed_out);
  CHECK(late.sequence == 9);
  CHECK_FALSE(late);
}

TEST_CASE_TEMPLATE("SequenceBarrier: with sequences upstream the slowest of them decides, ahead and behind", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence one, two, three;
  S sequencer(16);
  SequenceBarrier barrier(sequencer, {&one, &two, &three});
  publish(sequencer, 10);
  one.set(7);
  two.set(3);
  three.set(9);
  CHECK(barrier.wait_for(0).sequence == 3);
  CHECK(barrier.wait_for(3).sequence == 3);
  CHECK(barrier.wait_for(0, {}, 2).sequence == 1);
  CHECK(barrier.cursor() == 3);
  CHECK(barrier.wait_for(4, Until(1ms)).end == BarrierEnd::timed_out);
  two.set(8);
  CHECK(barrier.wait_for(4).sequence == 7);
}

TEST_CASE_TEMPLATE("SequenceBarrier: a consumer sleeps until something is published", S, WHORL_TEST_SEQUENCERS) {
  S sequencer(16);
  SequenceBarrier barrier(sequencer);
  CHECK(wait_until(barrier, 0, sequencer.published(), [&] { publish(sequencer, 3); }).sequence == 2);
}

TEST_CASE_TEMPLATE("SequenceBarrier: a dependent sleeps on the one upstream that is behind, one after the other", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence one, two;
  S sequencer(16);
  SequenceBarrier barrier(sequencer, {&one, &two});
  publish(sequencer, 5);
  const std::uint64_t sleeps = sequencer.published().sleeps();
  const BarrierResult result = wait_until(barrier, 2, one.waiting(), [&] {
    one.set(4);
    while (two.waiting().sleeps() == 0) std::this_thread::yield();
    two.set(3);
  });
  CHECK(result.end == BarrierEnd::available);
  CHECK(result.sequence == 3);
  CHECK(sequencer.published().sleeps() == sleeps);
}

TEST_CASE_TEMPLATE("SequenceBarrier: an alert stops who waits and who comes to wait, here and nowhere else", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence upstream;
  S sequencer(16);
  SequenceBarrier<S> root(sequencer), sibling(sequencer);
  SequenceBarrier<S> dependent(sequencer, {&upstream});
  CHECK(wait_until(root, 0, sequencer.published(), [&] { root.alert(); }).end == BarrierEnd::stopped);
  CHECK(wait_until(dependent, 0, upstream.waiting(), [&] { dependent.alert(); }).end == BarrierEnd::stopped);
  publish(sequencer, 1);
  CHECK(root.is_alerted());
  CHECK(root.wait_for(0).end == BarrierEnd::stopped);
  CHECK_FALSE(sibling.is_alerted());
  CHECK(sibling.wait_for(0).sequence == 0);
  root.clear_alert();
  CHECK(root.wait_for(0).sequence == 0);
}

TEST_CASE_TEMPLATE("SequenceBarrier: a stop ends a wait", S, WHORL_TEST_SEQUENCERS) {
  S sequencer(16);
  SequenceBarrier barrier(sequencer);
  std::stop_source stop;
  BarrierResult result;
  std::thread consumer([&] { result = barrier.wait_for(0, stop.get_token()); });
  while (sequencer.published().sleeps() == 0) std::this_thread::yield();
  stop.request_stop();
  consumer.join();
  CHECK(result.end == BarrierEnd::stopped);
  CHECK(result.sequence == -1);
}

TEST_CASE_TEMPLATE("SequenceBarrier: closing ends a wait for what never comes, and no other", S,
                   WHORL_TEST_SEQUENCERS) {
  const auto end = [](S& sequencer) {
    sequencer.close();
    if constexpr (!S::kShared) sequencer.disown();
  };
  {
    S sequencer(16);
    SequenceBarrier barrier(sequencer);
    publish(sequencer, 2);
    REQUIRE(sequencer.try_next());
    CHECK(wait_until(barrier, 2, sequencer.published(), [&] {
            end(sequencer);
            sequencer.publish(2);
          }).sequence == 2);
    CHECK(barrier.wait_for(0).sequence == 2);
    CHECK(barrier.wait_for(3).end == BarrierEnd::closed);
  }
  Sequence upstream;
  S sequencer(16);
  SequenceBarrier barrier(sequencer, {&upstream});
  publish(sequencer, 2);
  upstream.set(1);
  CHECK(wait_until(barrier, 2, upstream.waiting(), [&] { end(sequencer); }).end == BarrierEnd::closed);
  CHECK(barrier.wait_for(1).sequence == 1);
}

TEST_CASE("SequenceBarrier: giving up the last claims of a closed sequencer ends a wait for them") {
  whorl::Sequencer<whorl::ExclusiveClaim, whorl::Cursor, SleepAtOnce> sequencer(16);
  SequenceBarrier barrier(sequencer);
  REQUIRE(sequencer.try_next());
  sequencer.close();
  sequencer.disown();
  CHECK(wait_until(barrier, 0, sequencer.published(), [&] { sequencer.abandon(0, 0); }).end == BarrierEnd::closed);
}

namespace {

template <class W>
void waits_by(const W& wait) {
  Sequence upstream;
  Multi sequencer(4);
  SequenceBarrier<Multi, W> root(sequencer, std::span<Sequence* const>{}, wait);
  Sequence* const sequences[] = {&upstream};
  SequenceBarrier<Multi, W> dependent(sequencer, sequences, wait);
  REQUIRE(sequencer.add_gating(upstream));
  for (SequenceNumber s = 0; s < 50; ++s) {
    SequenceNumber seen = -1;
    std::thread consumer([&] {
      if (root.wait_for(s, Until(60s))) upstream.set(s);
    });
    std::thread follower([&] { seen = dependent.wait_for(s, Until(60s)).sequence; });
    publish(sequencer, 1);
    consumer.join();
    follower.join();
    REQUIRE(seen == s);
  }
  CHECK(root.wait_for(50, Until(2ms)).end == BarrierEnd::timed_out);
  CHECK(dependent.wait_for(50, Until(2ms)).end == BarrierEnd::timed_out);
  root.alert();
  CHECK(root.wait_for(50).end == BarrierEnd::stopped);
}

}  // namespace

TEST_CASE("SequenceBarrier: every wait strategy finds what is there, for roots and for dependents") {
  waits_by(whorl::BusySpinWait{});
  waits_by(whorl::YieldingWait{});
  waits_by(whorl::SleepingWait{.spins = 1, .yields = 1});
  waits_by(whorl::BlockingWait{});
  waits_by(whorl::PhasedBackoffWait<>{.spin_time = 1us, .yield_time = 1us});
  waits_by(whorl::NoWait{});
  waits_by(whorl::ExponentialWait{.sleep = 1us, .longest = 10us});
  waits_by(whorl::AdaptiveWait{.warm = 1, .idle = 1, .sleep = 10us});
}

TEST_CASE_TEMPLATE("SequenceBarrier: what is upstream has passed is available only if it is published", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence upstream, dependent;
  S sequencer(8);
  SequenceBarrier barrier(sequencer, {&upstream});
  REQUIRE(sequencer.add_gating(dependent));
  REQUIRE(sequencer.try_next(2));
  REQUIRE(sequencer.add_gating(upstream));  // it has passed both, and nobody has written them
  CHECK(upstream.get() == 1);
  CHECK(barrier.look(0) == 0);
  CHECK(wait_until(barrier, 0, sequencer.published(), [&] { sequencer.publish(0); }).sequence == 0);
  CHECK(barrier.look(1) == 0);
  CHECK(wait_until(barrier, 1, sequencer.published(), [&] { barrier.alert(); }).end == BarrierEnd::stopped);
}

TEST_CASE("SequenceBarrier: claims that are given up are not available to who follows one that has passed them") {
  Sequence dependent;
  Single sequencer(8);
  REQUIRE(sequencer.add_gating(dependent));
  REQUIRE(sequencer.try_next(4));
  Sequence& upstream = sequencer.lend_sequence();
  sequencer.abandon(0, 3);
  SequenceBarrier barrier(sequencer, {&upstream});
  CHECK(upstream.get() == 3);
  CHECK(barrier.look(0) == 0);
}

TEST_CASE_TEMPLATE("SequenceBarrier: who waits for one that has ended comes to the end", S, WHORL_TEST_SEQUENCERS) {
  Sequence one, two;
  S sequencer(8);
  SequenceBarrier barrier(sequencer, {&one, &two});
  publish(sequencer, 5);
  one.set(4);
  two.set(1);
  CHECK(wait_until(barrier, 2, two.waiting(), [&] { two.end(); }).end == BarrierEnd::closed);
  CHECK(barrier.wait_for(1).sequence == 1);
  CHECK(barrier.wait_for(2).end == BarrierEnd::closed);
  two.go_on();
  two.set(4);
  CHECK(barrier.wait_for(2).sequence == 4);
}

namespace {

// A sequencer that counts how many marks are looked at.
struct CountingSequencer : Multi {
  using Multi::Multi;
  std::size_t ready(whorl::Position p, std::size_t most) const noexcept {
    const std::size_t n = Multi::ready(p, most);
    looked += n;
    return n;
  }
  mutable std::size_t looked = 0;
};

}  // namespace

TEST_CASE("SequenceBarrier: a backlog is looked through once, however small the batches, and from where it is asked") {
  CountingSequencer sequencer(64);
  SequenceBarrier<CountingSequencer> barrier(sequencer);
  publish(sequencer, 60);
  for (whorl::Position p = 0; p != 60; ++p) CHECK(barrier.look(p) == 60 - p);
  CHECK(sequencer.looked == 60);
  CHECK(barrier.look(10, 5) == 5);  // back: nothing is known there
  CHECK(sequencer.looked == 65);
  CHECK(barrier.look(12, 10) == 10);
  CHECK(sequencer.looked == 72);
  CHECK(barrier.look(50) == 10);  // beyond what is known
  CHECK(sequencer.looked == 82);
  CHECK(barrier.look(60) == 0);
}

TEST_CASE_TEMPLATE("ProducerBarrier: says how far the gate lets producers go", S, WHORL_TEST_SEQUENCERS) {
  Sequence slow, fast;
  S sequencer(4);
  ProducerBarrier barrier(sequencer);
  CHECK(barrier.wait_for(0).sequence == 3);  // one lap, with nobody there
  CHECK(barrier.wait_for(4, Until(1ms)).end == BarrierEnd::timed_out);
  REQUIRE(sequencer.add_gating(slow));
  REQUIRE(sequencer.add_gating(fast));
  publish(sequencer, 4);
  fast.set(3);
  CHECK(wait_until(barrier, 5, slow.waiting(), [&] { slow.set(2); }).sequence == 6);
  CHECK(wait_until(barrier, 7, slow.waiting(), [&] { sequencer.remove_gating(slow); }).sequence == 7);
  CHECK(wait_until(barrier, 8, fast.waiting(), [&] { barrier.alert(); }).end == BarrierEnd::stopped);
  barrier.clear_alert();
}

TEST_CASE_TEMPLATE("ProducerBarrier: to wait for room a lap ahead is to wait until everybody has read, closed or not",
                   S, WHORL_TEST_SEQUENCERS) {
  Sequence consumer;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(consumer));
  ProducerBarrier barrier(sequencer);
  publish(sequencer, 3);
  sequencer.close();
  CHECK(wait_until(barrier, 2 + 4, consumer.waiting(), [&] { consumer.set(2); }).end == BarrierEnd::available);
}

TEST_CASE_TEMPLATE("ProducerBarrier: draining a closed sequencer ends when nobody is left who would read", S,
                   WHORL_TEST_SEQUENCERS) {
  for (const bool leaves : {false, true}) {
    Sequence consumer;
    S sequencer(4);
    REQUIRE(sequencer.add_gating(consumer));
    ProducerBarrier barrier(sequencer);
    publish(sequencer, 3);
    sequencer.close();
    const auto end = [&] { leaves ? static_cast<void>(sequencer.remove_gating(consumer)) : consumer.end(); };
    CHECK(wait_until(barrier, 2 + 4, consumer.waiting(), end).end == BarrierEnd::closed);
  }
  S open(4);
  ProducerBarrier barrier(open);
  publish(open, 3);
  CHECK(barrier.wait_for(2 + 4, Until(1ms)).end == BarrierEnd::timed_out);
}
