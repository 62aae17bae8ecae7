// The LMAX Disruptor's tests of handlers whose batches are rewound, and of handlers that are several in one.

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <whorl/disruptor/aggregate.hpp>
#include <whorl/disruptor/rewind.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "common.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BatchEventProcessor;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::RunEnd;

namespace {

struct Again : std::runtime_error {
  Again() : runtime_error("again") {}
};

// Throws an Again at each of these events, once for each time that it is in here. A batch that has come to its end is
// written down as such.
struct Stumbler : Notebook {
  explicit Stumbler(Numbers at) : bad(std::move(at)) {
    on_event = [this](std::uint64_t event, const EventContext& context) {
      if (const auto found = std::find(bad.begin(), bad.end(), event); found != bad.end()) {
        bad.erase(found);
        throw Again();
      }
      batch.push_back(event);
      if (context.end_of_batch) finished.push_back(std::exchange(batch, {}));
    };
  }
  void on_batch_start(std::size_t size, std::size_t behind) {
    Notebook::on_batch_start(size, behind);
    batch.clear();
  }
  Numbers bad;
  Numbers batch = {};
  std::vector<Numbers> finished = {};
};

// Runs `handler` over n events of a ring that gets no more.
template <class B, class Handler>
void run_over(std::size_t n, Handler&& handler, whorl::ProcessorOptions options = {}) {
  typename B::template Of<std::uint64_t> ring(64);
  BatchEventProcessor<decltype(ring), std::remove_reference_t<Handler>&> processor(ring, {}, handler, options);
  REQUIRE(ring.try_publish_events(n, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(processor.sequence().get() == static_cast<whorl::SequenceNumber>(n) - 1);
}

// The same with a stumbler that is rewound.
template <class B, class Policy = whorl::RewindAlways>
void rewind_over(std::size_t n, Stumbler& stumbler, Policy policy = {}, whorl::ProcessorOptions options = {}) {
  auto handler = whorl::rewinding<Again>(std::ref(stumbler), std::move(policy));
  run_over<B>(n, handler, options);
}

// What comes of four events, or of one, where these are stumbled over.
template <class B>
std::string rewound(std::size_t n, Numbers bad) {
  Stumbler stumbler(std::move(bad));
  rewind_over<B>(n, stumbler);
  Numbers all;
  for (std::uint64_t i = 0; i < n; ++i) all.push_back(i);
  CHECK(stumbler.finished == std::vector<Numbers>{all});
  return stumbler.text;
}

}  // namespace

// ---- RewindBatchEventProcessorTest ----------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: RewindBatchEventProcessorTest.shouldRewindOnFirstEventOfBatchSizeOfOne: it comes once more",
                   B, WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(1, {0}) == "S B1/1 0. B1/1 0. s");
}
TEST_CASE_TEMPLATE("lmax: RewindBatchEventProcessorTest.shouldRewindOnFirstEventOfBatch: all four again", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(4, {0}) == "S B4/4 0 B4/4 0 1 2 3. s");
}
TEST_CASE_TEMPLATE("lmax: RewindBatchEventProcessorTest.shouldRewindOnEventInMiddleOfBatch: from the first event on", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(4, {2}) == "S B4/4 0 1 2 B4/4 0 1 2 3. s");
}
TEST_CASE_TEMPLATE("lmax: RewindBatchEventProcessorTest.shouldRewindOnLastEventOfBatch: from the first event on", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(4, {3}) == "S B4/4 0 1 2 3. B4/4 0 1 2 3. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldRunBatchCompleteOnLastEventOfBatch: the try that succeeds ends the "
    "batch, "
    "and no other",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Stumbler stumbler({3});
  rewind_over<B>(4, stumbler);
  CHECK(stumbler.finished == std::vector<Numbers>{{0, 1, 2, 3}});
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldRunBatchCompleteOnLastEventOfBatchOfOne: the try that succeeds ends it",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Stumbler stumbler({0});
  rewind_over<B>(1, stumbler);
  CHECK(stumbler.finished == std::vector<Numbers>{{0}});
}
TEST_CASE_TEMPLATE("lmax: RewindBatchEventProcessorTest.shouldRewindMultipleTimes: at one event, three times", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(4, {1, 1, 1}) == "S B4/4 0 1 B4/4 0 1 B4/4 0 1 B4/4 0 1 2 3. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldRewindMultipleTimesOnLastEventInBatch: the batch ends with the third "
    "try",
    B, WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(4, {3, 3}) == "S B4/4 0 1 2 3. B4/4 0 1 2 3. B4/4 0 1 2 3. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldRewindMultipleTimesInSameBatch: at one event, then at a later one", B,
    WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(4, {1, 2}) == "S B4/4 0 1 B4/4 0 1 2 B4/4 0 1 2 3. s");
}
TEST_CASE_TEMPLATE("lmax: RewindBatchEventProcessorTest.shouldRewindMultipleTimesOnBatchOfOne: three tries", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(rewound<B>(1, {0, 0}) == "S B1/1 0. B1/1 0. B1/1 0. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldOnlyRewindBatch: of three batches the second one alone comes twice", B,
    WHORL_CONFORMANCE_BUFFERS) {
  Stumbler stumbler({3});
  rewind_over<B>(6, stumbler, {}, {.max_batch = 2});
  CHECK(stumbler.text == "S B2/6 0 1. B2/4 2 3. B2/4 2 3. B2/2 4 5. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldInvokeRewindPauseStrategyOnRewind: it is asked of each failure, and "
    "told "
    "which in a row",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Stumbler stumbler({1, 1, 3});
  Numbers asked;
  const auto ask = [&](std::uint64_t failures) {
    asked.push_back(failures);
    return ErrorAction::rewind;
  };
  rewind_over<B>(4, stumbler, ask, {.max_batch = 2});
  CHECK(asked == Numbers{1, 2, 1});
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldNotInvokeRewindPauseStrategyWhenNoRewindsOccur: nor of what is not to "
    "be "
    "rewound",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Notebook notebook;
  notebook.on_event = [](std::uint64_t event, const EventContext&) {
    if (event == 2) throw std::runtime_error("not an Again");
  };
  int asked = 0;
  const auto ask = [&](std::uint64_t) {
    ++asked;
    return ErrorAction::rewind;
  };
  auto handler = whorl::rewinding<Again>(std::ref(notebook), ask);
  run_over<B>(4, handler);
  CHECK(asked == 0);
  CHECK(notebook.text == "S B4/4 0 1 2 E@2 B1/1 3. s");
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldCopeWithTheNanosecondRewindPauseStrategy: a sleep before each next try",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Stumbler stumbler({1, 2});
  const auto began = std::chrono::steady_clock::now();
  rewind_over<B>(4, stumbler, whorl::RewindAfterPause{1ms});
  CHECK(std::chrono::steady_clock::now() - began >= 2ms);
  CHECK(stumbler.finished == std::vector<Numbers>{{0, 1, 2, 3}});
}
TEST_CASE_TEMPLATE(
    "lmax: RewindBatchEventProcessorTest.shouldGiveUpWhenUsingTheGiveUpRewindStrategy: the third failure is judged as "
    "any other, and the next ones count from one",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Stumbler stumbler({1, 1, 1, 2, 2});
  rewind_over<B>(4, stumbler, whorl::RewindUpTo{3});
  CHECK(stumbler.text == "S B4/4 0 1 B4/4 0 1 B4/4 0 1 E@1 B2/2 2 B2/2 2 B2/2 2 3. s");
  CHECK(stumbler.finished == std::vector<Numbers>{{2, 3}});
}

// ---- AggregateEventHandlerTest --------------------------------------------------------------------------------------

namespace {

// Three handlers that write into one text, each with its number.
struct Voice {
  int number;
  std::string& text;
  void say(const std::string& what) { text += what + std::to_string(number) + ' '; }
  void operator()(std::uint64_t& event, const EventContext& context) {
    say(std::to_string(event) + (context.end_of_batch ? "." : "") + "/");
  }
  void on_start() { say("S"); }
  void on_stop() { say("s"); }
};

template <class B>
std::string three_voices(std::size_t events) {
  std::string text;
  Voice two{2, text};  // one that stays where it is
  auto handler = whorl::aggregate(Voice{1, text}, std::ref(two), Voice{3, text});
  run_over<B>(events, handler);
  return text;
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: AggregateEventHandlerTest.shouldCallOnEventInSequence: each event, and where it stands", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(three_voices<B>(2).find("S3 0/1 0/2 0/3 1./1 1./2 1./3 s1") != std::string::npos);
}
TEST_CASE_TEMPLATE("lmax: AggregateEventHandlerTest.shouldCallOnStartInSequence: before everything else", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(three_voices<B>(1).find("S1 S2 S3 0") == 0);
}
TEST_CASE_TEMPLATE("lmax: AggregateEventHandlerTest.shouldCallOnShutdownInSequence: after everything else", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  CHECK(three_voices<B>(1) == "S1 S2 S3 0./1 0./2 0./3 s1 s2 s3 ");
}
TEST_CASE_TEMPLATE("lmax: AggregateEventHandlerTest.shouldHandleEmptyListOfEventHandlers: events pass, nothing is done",
                   B, WHORL_CONFORMANCE_BUFFERS) {
  auto handler = whorl::aggregate();
  run_over<B>(3, handler);
}
