// What the code of the LMAX Disruptor does at its edges, as sixteen rules: kept, or bettered as the name says.

#include <atomic>
#include <stdexcept>
#include <string>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "../support/message.hpp"
#include "common.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::BatchEventProcessor;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::EventPoller;
using whorl::PollState;
using whorl::Position;
using whorl::ProducerBarrier;
using whorl::RunEnd;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;

TEST_CASE_TEMPLATE("rule: 1: sequences begin at 0, before that is -1, and a capacity is a power of two or refused", S,
                   WHORL_CONFORMANCE_ALONE) {
  S sequencer(1);
  CHECK(sequencer.cursor() == -1);
  CHECK(sequencer.minimum_sequence() == -1);
  CHECK(sequencer.next().sequence == 0);
  for (const std::size_t capacity : {0u, 3u, 12u, 1000u})
    CHECK(refusal_of([&] { S refused(capacity); }).starts_with("Sequencer: capacity "));
}

TEST_CASE_TEMPLATE("rule: 2: nobody is overtaken by a lap, nor after claims have been taken back", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence one, two;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(one));
  publish(sequencer, 4);
  one.set(3);
  const SequenceNumber last = sequencer.next(4).sequence;  // keeps a limit of 7
  CHECK(last == 7);
  sequencer.abandon(last - 3, last);
  const Position begin = sequencer.claimed();
  REQUIRE(sequencer.add_gating(two));
  CHECK(two.passed() == begin);
  one.set(last + 100);  // from here on only the newcomer is in the way
  std::size_t claimed = 0;
  while (sequencer.try_next()) ++claimed;
  CHECK(claimed == 4);
  CHECK(sequencer.claimed() == begin + 4);
}

TEST_CASE_TEMPLATE("rule: 3: without consumers a lap is all, where LMAX overwrites; who wants that says so", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S full(4);
  publish(full, 4);
  CHECK_FALSE(full.try_next());
  CHECK(full.next(1, Until(1ms)).result == WriteResult::timed_out);
  S open(4, {}, {.without_consumers = whorl::EmptyGate::open});
  for (SequenceNumber s = 0; s < 20; ++s) CHECK(publish(open) == s);
}

TEST_CASE_TEMPLATE("rule: 4: the gate needs only the ends of a graph, who waits for others is behind them", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  EventPoller first(ring);
  EventPoller second(ring, {&first.sequence()});
  REQUIRE(ring.add_gating(first.sequence()));
  REQUIRE(ring.add_gating(second.sequence()));  // then first ...
  CHECK(ring.remove_gating(first.sequence()));  // ... is no end any more
  for (int i = 0; i < 4; ++i) REQUIRE(ring.try_publish_event(kNumbered));
  const auto read = [](std::uint64_t&) {};
  CHECK(first.poll(read) == PollState::processing);
  CHECK_FALSE(ring.try_publish_event(kNumbered));
  CHECK(second.poll(read) == PollState::processing);
  CHECK(ring.try_publish_event(kNumbered));
}

TEST_CASE_TEMPLATE("rule: 5: who joins begins after what is claimed, and no later claim overtakes it", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence first, second(1000);
  S sequencer(4);
  REQUIRE(sequencer.add_gating(first));
  publish(sequencer, 2);
  REQUIRE(sequencer.try_next() == 2);  // claimed and not published: not the newcomer's
  REQUIRE(sequencer.add_gating(second));
  CHECK(second.get() == 2);
  first.set(1);
  CHECK(sequencer.try_next(3) == 5);
  first.set(5);
  CHECK(sequencer.try_next(1) == 6);
  CHECK_FALSE(sequencer.try_next(1));
}

TEST_CASE_TEMPLATE("rule: 6: what is claimed is never seen, where LMAX publishes it when a second claim has to wait", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence consumer;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(consumer));
  REQUIRE(sequencer.try_next(4) == 3);
  std::atomic<bool> claimed{false};
  std::thread producer([&] { claimed.store(sequencer.next(1, Until(kPatience)).sequence == 4); });
  await_sleeper(consumer.waiting());
  for (SequenceNumber s = 0; s <= 4; ++s) CHECK_FALSE(sequencer.is_available(s));
  CHECK(sequencer.cursor() == -1);
  consumer.set(0);  // as if it had read: only to let the claim go on
  producer.join();
  CHECK(claimed.load());
  CHECK(sequencer.highest_published(0, 3) == -1);
  sequencer.publish(0, 3);
  CHECK(sequencer.highest_published(1, 4) == 3);
}

TEST_CASE_TEMPLATE("rule: 7: what is left is advice, and never less than nothing", S, WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence consumer;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(consumer));
  for (int i = 0; i < 20; ++i) static_cast<void>(sequencer.try_next(3));
  CHECK(sequencer.remaining_capacity() == 1);
  CHECK(sequencer.next(2, Until(1ms)).result == WriteResult::timed_out);
  CHECK(sequencer.remaining_capacity() == 1);
  REQUIRE(sequencer.try_next());
  for (int i = 0; i < 20; ++i) CHECK_FALSE(sequencer.try_next());
  CHECK(sequencer.remaining_capacity() == 0);
}

TEST_CASE_TEMPLATE("rule: 8: published in any order where producers share, and read up to the first that is not", S,
                   WHORL_CONFORMANCE_SHARED) {
  S sequencer(8);
  SequenceBarrier barrier(sequencer);
  REQUIRE(sequencer.try_next(6) == 5);
  sequencer.publish(5);
  sequencer.publish(1, 3);
  CHECK(barrier.wait_for(0, Until(1ms)).end == BarrierEnd::timed_out);
  CHECK(sequencer.cursor() == -1);
  sequencer.publish(0);
  CHECK(barrier.wait_for(0).sequence == 3);
  sequencer.publish(4);
  CHECK(barrier.wait_for(0).sequence == 5);
}

TEST_CASE_TEMPLATE("rule: 9: a batch is what was there when it began, and counts as handled when it ends", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  Notebook notebook;
  std::vector<SequenceNumber> handled;
  Noting<NumberRing<B>>* self = nullptr;
  notebook.on_event = [&](std::uint64_t event, const EventContext&) {
    handled.push_back(self->sequence().get());
    if (event == 1) REQUIRE(ring.try_publish_event(kNumbered));
    if (event == 3) self->halt();
  };
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  self = &processor;
  REQUIRE(ring.try_publish_events(3, kNumbered));
  CHECK(processor.run() == RunEnd::halted);
  CHECK(notebook.text == "S B3/3 0 1 2. B1/1 3. s");
  CHECK(handled == std::vector<SequenceNumber>{-1, -1, -1, 2});
}

namespace {

// Fails at the beginning of its first batch.
struct FailsAtStart : Notebook {
  bool fails = true;
  void on_batch_start(std::size_t size, std::size_t behind) {
    Notebook::on_batch_start(size, behind);
    if (std::exchange(fails, false)) throw std::runtime_error("no batch");
  }
};

}  // namespace

TEST_CASE_TEMPLATE(
    "rule: 10: what fails is judged with its event, then a batch begins anew; a batch that fails to begin loses no "
    "event, where LMAX skips one",
    B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  FailsAtStart notebook;
  notebook.on_event = [](std::uint64_t event, const EventContext&) {
    if (event == 1) throw std::runtime_error("the second");
  };
  BatchEventProcessor<NumberRing<B>, FailsAtStart&> processor(ring, {}, notebook);
  REQUIRE(ring.try_publish_events(3, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(notebook.text == "S B3/3 E- 0 1 E@1 B1/1 2. s");
}

TEST_CASE_TEMPLATE(
    "rule: 11: a consumer that fails for good stops, and frees who waits for it, where LMAX lets them wait", B,
    WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(2);
  Notebook notebook;
  notebook.verdict = ErrorAction::halt;
  notebook.on_event = [](std::uint64_t, const EventContext&) { throw std::runtime_error("fatal"); };
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  SequenceBarrier dependent(ring, {&processor.sequence()});
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(2, kNumbered));
  WriteResult written = WriteResult::ok;
  std::thread producer([&] { written = ring.publish_event(kNumbered, Until(kPatience)); });
  await_sleeper(processor.sequence().waiting());
  CHECK(processor.run() == RunEnd::failed);
  producer.join();
  CHECK(written == WriteResult::closed);
  CHECK(notebook.text == "S B2/2 0 E@0 s");
  CHECK(processor.sequence().get() == -1);
  CHECK(ring.is_closed());
  CHECK(dependent.wait_for(2, Until(kPatience)).end == BarrierEnd::closed);
}

TEST_CASE_TEMPLATE("rule: 12: halted before it runs it starts and stops, and does not run any more", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  Notebook notebook;
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.try_publish_event(kNumbered));
  processor.halt();
  CHECK(processor.run() == RunEnd::halted);
  CHECK(notebook.text == "S s");
  CHECK_FALSE(processor.is_running());
}

TEST_CASE_TEMPLATE("rule: 13: each of a group has a barrier of its own: one is halted, the other goes on", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  Notebook one, two;
  Noting<NumberRing<B>> first(ring, {}, one), second(ring, {}, two);
  std::thread a([&] { first.run(); });
  std::thread b([&] { second.run(); });
  await_sleeper(ring.published(), 2);
  first.halt();
  a.join();
  if constexpr (requires { second.barrier(); }) CHECK_FALSE(second.barrier().is_alerted());  // of shards it shows none
  REQUIRE(ring.try_publish_events(2, kNumbered));
  end(ring);
  b.join();
  CHECK(one.text == "S s");
  CHECK(second.sequence().get() == 1);
}

TEST_CASE_TEMPLATE("rule: 14: draining has a deadline, after which everybody runs on", B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  std::atomic<bool> may_return{false};
  const auto slow = [&](std::uint64_t&) {
    while (!may_return.load()) std::this_thread::yield();
  };
  BatchEventProcessor processor(ring, {}, slow);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  std::thread consumer([&] { processor.run(); });
  ProducerBarrier drained(ring);
  const SequenceNumber last = 2 + 4;  // may be claimed when 2 has been read
  CHECK(drained.wait_for(last, Until(5ms)).end == BarrierEnd::timed_out);
  CHECK_FALSE(ring.is_closed());
  may_return.store(true);
  CHECK(drained.wait_for(last, Until(kPatience)).end == BarrierEnd::available);
  processor.halt();
  consumer.join();
}

TEST_CASE_TEMPLATE(
    "rule: 15: a poller says gating only of what is published, where LMAX also says it of what many producers have "
    "claimed",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Sequence upstream;
  NumberRing<B> ring(4);
  EventPoller poller(ring, {&upstream});
  const auto read = [](std::uint64_t&) {};
  const SequenceNumber claimed = ring.next().sequence;
  CHECK(poller.poll(read) == PollState::idle);
  ring.publish(claimed);
  CHECK(poller.poll(read) == PollState::gating);
}

TEST_CASE_TEMPLATE("rule: 16: the lap before the first counts as published, so that a wait may begin at -1", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(4);
  SequenceBarrier barrier(sequencer);
  CHECK(barrier.wait_for(-1).sequence == -1);
  CHECK(sequencer.is_available(-1));
  CHECK_FALSE(sequencer.is_available(0));
  publish(sequencer);
  CHECK(barrier.wait_for(-1).sequence == 0);
}
