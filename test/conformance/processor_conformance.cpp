// The tests of the LMAX Disruptor's event processors, their handlers and its poller that need no more than a ring buffer.

#include <algorithm>
#include <atomic>
#include <list>
#include <stdexcept>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "../support/scale.hpp"
#include "common.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BatchEventProcessor;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::EventPoller;
using whorl::PollState;
using whorl::RunEnd;
using whorl::Sequence;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;

namespace {

// Publishes n events one after the other.
template <class Ring>
void fill(Ring& ring, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) REQUIRE(ring.publish_event(kNumbered, Until(kPatience)) == WriteResult::ok);
}

// What a processor of a ring that has n events, and gets no more, does with a notebook.
template <class B>
std::string run_to_end(std::size_t n, Notebook& notebook, whorl::ProcessorOptions options = {}) {
  NumberRing<B> ring(64);
  Noting<NumberRing<B>> processor(ring, {}, notebook, options);
  fill(ring, n);
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  return notebook.text;
}

}  // namespace

// ---- BatchEventProcessorTest ----------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: BatchEventProcessorTest.shouldCallMethodsInLifecycleOrderForBatch: start, what was published before, stop",
    B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(16);
  Notebook notebook;
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.add_gating(processor.sequence()));
  fill(ring, 3);
  std::thread thread([&] { processor.run(); });
  while (processor.sequence().get() < 2) std::this_thread::yield();
  processor.halt();
  thread.join();
  CHECK(notebook.text == "S B3/3 0 1 2. s");
}

TEST_CASE_TEMPLATE(
    "lmax: BatchEventProcessorTest.shouldCallExceptionHandlerOnUncaughtException: it is told of the event, and the "
    "next "
    "one is handled",
    B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(16);
  Notebook notebook;
  notebook.on_event = [](std::uint64_t event, const EventContext&) {
    if (event == 0) throw std::runtime_error("the first one");
  };
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.add_gating(processor.sequence()));
  std::thread thread([&] { processor.run(); });
  await_sleeper(ring.published());
  fill(ring, 1);
  while (processor.sequence().get() < 0) std::this_thread::yield();
  fill(ring, 1);
  while (processor.sequence().get() < 1) std::this_thread::yield();
  processor.halt();
  thread.join();
  CHECK(notebook.text == "S B1/1 0. E@0 B1/1 1. s");
}

TEST_CASE_TEMPLATE(
    "lmax: BatchEventProcessorTest.reportAccurateBatchSizesAtBatchStartTime: 3, 2, 1: what comes in a batch is the "
    "next "
    "one",
    B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(16);
  Notebook notebook;
  notebook.on_event = [&](std::uint64_t, const EventContext& context) {
    if (!context.end_of_batch) fill(ring, 1);
  };
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.add_gating(processor.sequence()));
  fill(ring, 3);
  std::thread thread([&] { processor.run(); });
  while (processor.sequence().get() < 5) std::this_thread::yield();
  processor.halt();
  thread.join();
  CHECK(notebook.text == "S B3/3 0 1 2. B2/2 3 4. B1/1 5. s");
}

namespace {

// Halts a processor at some moment about its start. It ends, and has started and stopped.
template <class Ring, class Between>
void halts(Ring& ring, bool halts_first, Between&& between) {
  Notebook notebook;
  Noting<Ring> processor(ring, {}, notebook);
  if (halts_first) processor.halt();
  std::thread thread([&] { CHECK(processor.run() == RunEnd::halted); });
  between();
  if (!halts_first) processor.halt();
  thread.join();
  CHECK(notebook.text == "S s");
  CHECK_FALSE(processor.is_running());
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: BatchEventProcessorTest.shouldAlwaysHalt: before it runs, as it starts, and a moment later",
                   B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  halts(ring, true, [] {});
  for (std::uint64_t i = 0; i < sanitized(1000); ++i) halts(ring, false, [] {});
  for (std::uint64_t i = 0; i < sanitized(1000); ++i) halts(ring, false, [] { std::this_thread::yield(); });
}

TEST_CASE_TEMPLATE(
    "lmax: BatchEventProcessorTest.shouldNotPassZeroSizeToBatchStartAware: a wait that finds nothing begins no batch",
    B, WHORL_CONFORMANCE_BUFFERS) {
  struct Handler {
    std::vector<std::size_t> sizes = {};
    std::atomic<int> timeouts{0};
    void operator()(std::uint64_t&) {}
    void on_batch_start(std::size_t size, std::size_t) { sizes.push_back(size); }
    void on_timeout(SequenceNumber) { ++timeouts; }
  } handler;
  NumberRing<B> ring(16);
  BatchEventProcessor<NumberRing<B>, Handler&> processor(ring, {}, handler, {.timeout = 1ms});
  REQUIRE(ring.add_gating(processor.sequence()));
  std::thread thread([&] { processor.run(); });
  while (handler.timeouts.load() < 3) std::this_thread::yield();
  fill(ring, 3);
  while (processor.sequence().get() < 2) std::this_thread::yield();
  processor.halt();
  thread.join();
  CHECK_FALSE(handler.sizes.empty());
  CHECK(std::count(handler.sizes.begin(), handler.sizes.end(), 0u) == 0);
}

// ---- MaxBatchSizeEventProcessorTest, BatchingTest, RewindBatchEventProcessorTest ------------------------------------

namespace {

// The batches in which five events come, three at most at once, and what is said of each before.
struct Batches {
  std::vector<Numbers> sequences = {};
  std::vector<std::size_t> sizes = {};
  std::vector<std::size_t> depths = {};
  Numbers batch = {};
  void operator()(std::uint64_t& event, const EventContext& context) {
    batch.push_back(event);
    if (context.end_of_batch) sequences.push_back(std::exchange(batch, {}));
  }
  void on_batch_start(std::size_t size, std::size_t depth) {
    sizes.push_back(size);
    depths.push_back(depth);
  }
};

template <class B>
Batches five_by_three() {
  Batches batches;
  NumberRing<B> ring(16);
  BatchEventProcessor<NumberRing<B>, Batches&> processor(ring, {}, batches, {.max_batch = 3});
  REQUIRE(ring.try_publish_events(5, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  return batches;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "lmax: MaxBatchSizeEventProcessorTest.shouldLimitTheBatchToConfiguredMaxBatchSize: five come as three and two", B,
    WHORL_CONFORMANCE_BUFFERS) {
  CHECK((five_by_three<B>().sequences == std::vector<Numbers>{{0, 1, 2}, {3, 4}}));
}
TEST_CASE_TEMPLATE(
    "lmax: MaxBatchSizeEventProcessorTest.shouldAnnounceBatchSizeAndQueueDepthAtTheStartOfBatch: of 5, then of 2", B,
    WHORL_CONFORMANCE_BUFFERS) {
  const Batches batches = five_by_three<B>();
  CHECK(batches.sizes == std::vector<std::size_t>{3, 2});
  CHECK(batches.depths == std::vector<std::size_t>{5, 2});
}

namespace {

// Keeps the last event of its parity, and writes it down at the end of a batch, or after ten.
struct Half {
  std::uint64_t parity;
  std::uint64_t events = 0;
  std::uint64_t kept = 0;
  std::uint64_t written = 0;
  int unwritten = 0;
  void operator()(std::uint64_t& event, const EventContext& context) {
    if (static_cast<std::uint64_t>(context.sequence) % 2 == parity) {
      ++events;
      kept = event;
    }
    if (!context.end_of_batch && ++unwritten < 10) return;
    written = kept;
    unwritten = 0;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("lmax: BatchingTest.shouldBatch: two consumers of half the events each, and the last ends a batch",
                   B, WHORL_CONFORMANCE_BUFFERS) {
  constexpr std::uint64_t kEvents = 10'000;
  NumberRing<B> ring(2048);
  Half even{.parity = 0}, odd{.parity = 1};
  BatchEventProcessor<NumberRing<B>, Half&> first(ring, {}, even), second(ring, {}, odd);
  REQUIRE(ring.add_gating(first.sequence()));
  REQUIRE(ring.add_gating(second.sequence()));
  std::thread one([&] { first.run(); });
  std::thread two([&] { second.run(); });
  fill(ring, kEvents);
  end(ring);
  one.join();
  two.join();
  CHECK(even.events == kEvents / 2);
  CHECK(odd.events == kEvents / 2);
  CHECK(even.written == kEvents - 2);
  CHECK(odd.written == kEvents - 1);
}

TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldFallOverWhenNonRewindableExceptionIsThrown: it goes to who judges "
    "errors",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Notebook notebook;
  notebook.on_event = [](std::uint64_t event, const EventContext&) {
    if (event == 8) throw std::runtime_error("the ninth");
  };
  CHECK(run_to_end<B>(10, notebook) == "S B10/10 0 1 2 3 4 5 6 7 8 E@8 B1/1 9. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldProcessUpToMaxBatchSizeForEachGivenBatch: thirty come as three times "
    "ten",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Notebook notebook;
  CHECK(run_to_end<B>(30, notebook, {.max_batch = 10}) ==
        "S B10/30 0 1 2 3 4 5 6 7 8 9. B10/20 10 11 12 13 14 15 16 17 18 19. B10/10 20 21 22 23 24 25 26 27 28 29. s");
}

// ---- SequenceReportingCallbackTest, LifecycleAwareTest --------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: SequenceReportingCallbackTest.shouldReportProgressByUpdatingSequenceViaCallback: seen before the batch ends",
    B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(16);
  std::atomic<bool> has_released{false}, may_return{false};
  const auto handler = [&](std::uint64_t&, const EventContext& context) {
    context.release(context.sequence);
    has_released.store(true);
    while (!may_return.load()) std::this_thread::yield();
  };
  BatchEventProcessor processor(ring, {}, handler);
  REQUIRE(ring.add_gating(processor.sequence()));
  std::thread thread([&] { processor.run(); });
  CHECK(processor.sequence().get() == -1);
  fill(ring, 1);
  while (!has_released.load()) std::this_thread::yield();
  CHECK(processor.sequence().get() == 0);
  CHECK(ring.remaining_capacity() == 16);
  may_return.store(true);
  processor.halt();
  thread.join();
  CHECK(processor.sequence().get() == 0);
}

TEST_CASE_TEMPLATE("lmax: LifecycleAwareTest.shouldNotifyOfBatchProcessorLifecycle: one start, one stop", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(16);
  Notebook notebook;
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  std::thread thread([&] { processor.run(); });
  await_sleeper(ring.published());
  processor.halt();
  thread.join();
  CHECK(notebook.text == "S s");
}

// ---- EventPollerTest ------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: EventPollerTest.shouldPollForEvents: idle, gating, processing", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  Sequence upstream;
  NumberRing<B> ring(16);
  EventPoller poller(ring, {&upstream});
  const auto stops = [](std::uint64_t&) { return false; };
  CHECK(poller.poll(stops) == PollState::idle);
  fill(ring, 1);
  CHECK(poller.poll(stops) == PollState::gating);
  upstream.set(0);
  CHECK(poller.poll(stops) == PollState::processing);
  CHECK(poller.sequence().get() == 0);
}
TEST_CASE_TEMPLATE("lmax: EventPollerTest.shouldSuccessfullyPollWhenBufferIsFull: all four of four", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  fill(ring, 4);
  Numbers seen;
  CHECK(poller.poll([&](std::uint64_t& event, const EventContext& context) {
    seen.push_back(event);
    return !context.end_of_batch;
  }) == PollState::processing);
  CHECK(seen == Numbers{0, 1, 2, 3});
  CHECK(ring.remaining_capacity() == 4);
}

// ---- FatalExceptionHandlerTest, IgnoreExceptionHandlerTest ----------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: FatalExceptionHandlerTest.shouldHandleFatalException: the run ends, and says what was thrown",
                   B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  BatchEventProcessor processor(ring, {}, [](std::uint64_t&) { throw std::runtime_error("the cause"); });
  fill(ring, 1);
  CHECK(processor.run() == RunEnd::failed);
  REQUIRE(processor.error());
  CHECK_THROWS_WITH_AS(std::rethrow_exception(processor.error()), "the cause", std::runtime_error);
}
TEST_CASE_TEMPLATE("lmax: IgnoreExceptionHandlerTest.shouldHandleAndIgnoreException: to skip is to go on", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  Notebook notebook;
  notebook.on_event = [](std::uint64_t, const EventContext&) { throw std::runtime_error("each"); };
  CHECK(run_to_end<B>(2, notebook) == "S B2/2 0 E@0 B1/1 1. E@1 s");
}

// ---- DisruptorStressTest --------------------------------------------------------------------------------------------

namespace {

// An event whose every part says the same.
struct Wide {
  std::int64_t sequence = 0;
  std::int64_t more = 0;
  std::int64_t less = 0;
  std::string text = {};
  void set(SequenceNumber s) {
    sequence = s;
    more = s + 13;
    less = s - 7;
    text = "event-" + std::to_string(s);
  }
  bool is(SequenceNumber s) const {
    return sequence == s && more == s + 13 && less == s - 7 && text == "event-" + std::to_string(s);
  }
};

struct Inspector {
  std::uint64_t seen = 0;
  std::uint64_t wrong = 0;
  void operator()(Wide& event, const EventContext& context) {
    ++seen;
    wrong += !event.is(context.sequence);
  }
};

}  // namespace

TEST_CASE_TEMPLATE(
    "lmax: DisruptorStressTest.shouldHandleLotsOfThreads: half the CPUs publish, half handle, and every event is whole",
    B, WHORL_CONFORMANCE_BUFFERS) {
  using Ring = typename B::template Of<Wide>;
  const std::size_t threads = std::max(1u, std::thread::hardware_concurrency() / 2);
  const std::size_t publishers = B::kShared ? std::max<std::size_t>(2, threads) : 1;
  const std::uint64_t each = sanitized(200'000);
  Ring ring(1u << 16);
  std::vector<Inspector> inspectors(std::max<std::size_t>(2, threads));
  std::list<BatchEventProcessor<Ring, Inspector&>> processors;
  for (Inspector& inspector : inspectors) {
    const std::initializer_list<Sequence*> none;
    REQUIRE(ring.add_gating(processors.emplace_back(ring, none, inspector).sequence()));
  }
  std::vector<std::thread> consuming, publishing;
  for (auto& processor : processors) consuming.emplace_back([&] { processor.run(); });
  std::atomic<std::uint64_t> refused{0};
  for (std::size_t i = 0; i < publishers; ++i) {
    publishing.emplace_back([&] {
      for (std::uint64_t n = 0; n < each; ++n) {
        const auto set = [](Wide& event, SequenceNumber s) { event.set(s); };
        if (ring.publish_event(set, Until(kPatience)) != WriteResult::ok) ++refused;
      }
    });
  }
  for (std::thread& thread : publishing) thread.join();
  end(ring);
  for (std::thread& thread : consuming) thread.join();
  CHECK(refused.load() == 0);
  for (const Inspector& inspector : inspectors) {
    CHECK(inspector.seen == publishers * each);
    CHECK(inspector.wrong == 0);
  }
}
