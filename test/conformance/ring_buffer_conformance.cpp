// RingBufferTest, EventPublisherTest and EventTranslatorTest of the LMAX Disruptor. Its translators take an event, its sequence
// and none, one, two, three or any number of arguments, single or in arrays; here a callable takes an event and its sequence,
// and the arguments are its own.

#include <array>
#include <atomic>
#include <string>
#include <whorl/disruptor/ring_buffer.hpp>

#include "common.hpp"

using namespace whorl_test;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;
using Texts = std::vector<std::string>;

namespace {

template <class B>
using TextRing = typename B::template Of<std::string>;

// ---- translations ---------------------------------------------------------------------------------------------------

constexpr std::size_t kVar = 4;  // how many arguments "any number" are
constexpr std::size_t kRows = 5;

// The arguments of so many events: in each row kArguments words.
template <std::size_t kArguments>
std::vector<std::array<std::string, kArguments>> rows_of_words() {
  constexpr std::array<const char*, kVar> kWords{"Foo", "Bar", "Baz", "Bam"};
  std::vector<std::array<std::string, kArguments>> rows(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    const char* const* next = kWords.data();
    for (std::string& word : rows[row]) word = *next++ + std::to_string(row);
  }
  return rows;
}

// "Foo1Bar1-0" is made of two arguments, for sequence 0; without arguments it is "0".
template <class Row>
std::string translated(const Row& row, SequenceNumber s) {
  std::string text;
  for (const std::string& word : row) text += word;
  return text.empty() ? std::to_string(s) : text + '-' + std::to_string(s);
}

// Fills events from one row after the other.
template <class Rows>
auto translation(const Rows& rows, std::size_t first) {
  return [row = rows.begin() + static_cast<std::ptrdiff_t>(first)](std::string& event, SequenceNumber s) mutable {
    event = translated(*row++, s);
  };
}

// Checks that the ring has these events, and nothing else.
template <class Ring>
void check_events(Ring& ring, const Texts& expected) {
  const auto n = static_cast<SequenceNumber>(expected.size());
  CHECK(ring.highest_published(0, static_cast<SequenceNumber>(ring.capacity()) - 1) == n - 1);
  CHECK(ring.claimed() == expected.size());
  for (SequenceNumber s = 0; s < static_cast<SequenceNumber>(ring.capacity()); ++s)
    CHECK(ring.get(s) == (s < n ? expected[static_cast<std::size_t>(s)] : ""));
}

// ---- what the rows come to ------------------------------------------------------------------------------------------

// One event that waits for room if need be, one that does not.
template <class B, std::size_t kArguments>
void publishes_one_each() {
  TextRing<B> ring(4);
  const auto rows = rows_of_words<kArguments>();
  CHECK(ring.publish_event(translation(rows, 0)) == WriteResult::ok);
  CHECK(ring.try_publish_event(translation(rows, 1)));
  check_events(ring, {translated(rows[0], 0), translated(rows[1], 1)});
}

// Two batches made from the same n rows, from `first` on.
template <class B, std::size_t kArguments>
void publishes_batches(std::size_t first, std::size_t n) {
  TextRing<B> ring(4);
  const auto rows = rows_of_words<kArguments>();
  CHECK(ring.publish_events(n, translation(rows, first)) == WriteResult::ok);
  CHECK(ring.try_publish_events(n, translation(rows, first)));
  Texts expected;
  for (std::size_t k = 0; k < 2 * n; ++k)
    expected.push_back(translated(rows[first + k % n], static_cast<SequenceNumber>(k)));
  check_events(ring, expected);
}

// Twice the second and the third of five translators: each fills one event, in their order.
template <class B>
void publishes_some_translators() {
  using Translator = void (*)(std::string&, SequenceNumber);
  constexpr std::array<Translator, kRows> kTranslators{
      [](std::string& event, SequenceNumber s) { event = "a" + std::to_string(s); },
      [](std::string& event, SequenceNumber s) { event = "b" + std::to_string(s); },
      [](std::string& event, SequenceNumber s) { event = "c" + std::to_string(s); },
      [](std::string& event, SequenceNumber s) { event = "d" + std::to_string(s); },
      [](std::string& event, SequenceNumber s) { event = "e" + std::to_string(s); },
  };
  const auto from_second_on = [&] {
    return [next = kTranslators.begin() + 1](std::string& event, SequenceNumber s) mutable { (*next++)(event, s); };
  };
  TextRing<B> ring(4);
  CHECK(ring.publish_events(2, from_second_on()) == WriteResult::ok);
  CHECK(ring.try_publish_events(2, from_second_on()));
  check_events(ring, {"b0", "c1", "b2", "c3"});
}

// A batch of a size that no ring of four takes: nothing is translated, and the ring is as it was.
template <class B, std::size_t kArguments>
void publish_refuses(std::size_t n) {
  TextRing<B> ring(4);
  const auto rows = rows_of_words<kArguments>();
  CHECK(ring.publish_events(n, translation(rows, 1)) == WriteResult::full);
  check_events(ring, {});
}
template <class B, std::size_t kArguments>
void try_publish_refuses(std::size_t n) {
  TextRing<B> ring(4);
  const auto rows = rows_of_words<kArguments>();
  CHECK_FALSE(ring.try_publish_events(n, translation(rows, 1)));
  check_events(ring, {});
}

constexpr std::size_t kNegative = static_cast<std::size_t>(-1);
constexpr std::size_t kTooMany = 5;

}  // namespace

// A row whose method shares its body with others.
#define LMAX_ROW(row, ...) \
  TEST_CASE_TEMPLATE("lmax: RingBufferTest." row, B, WHORL_CONFORMANCE_BUFFERS) { __VA_ARGS__; }

// ---- from its sequence ----------------------------------------------------------------------------------------------

LMAX_ROW("shouldPublishEvent: an event made from its sequence", publishes_one_each<B, 0>())
LMAX_ROW("shouldPublishEvents: batches of two, each made from its sequence", publishes_batches<B, 0>(0, 2))
LMAX_ROW("shouldNotPublishEventsIfBatchIsLargerThanRingBuffer: five are too many for four (its sequence)",
         try_publish_refuses<B, 0>(kTooMany))
LMAX_ROW("shouldPublishEventsWithBatchSizeOfOne: one is a batch (its sequence)", publishes_batches<B, 0>(0, 1))
LMAX_ROW("shouldPublishEventsWithinBatch: two of five translators, from the second on (its sequence)",
         publishes_some_translators<B>())
LMAX_ROW("shouldNotPublishEventsWhenBatchSizeIs0: none are no batch (its sequence)", publish_refuses<B, 0>(0))
LMAX_ROW("shouldNotPublishEventsWhenBatchSizeIsNegative: less than none are too many (its sequence)",
         publish_refuses<B, 0>(kNegative))
LMAX_ROW("shouldNotTryPublishEventsWhenBatchSizeIs0: none are no batch (its sequence)", try_publish_refuses<B, 0>(0))
LMAX_ROW("shouldNotTryPublishEventsWhenBatchSizeIsNegative: less than none are too many (its sequence)",
         try_publish_refuses<B, 0>(kNegative))

// ---- from one argument ----------------------------------------------------------------------------------------------

LMAX_ROW("shouldPublishEventOneArg: an event made from one argument", publishes_one_each<B, 1>())
LMAX_ROW("shouldPublishEventsOneArg: batches of two, each made from one argument", publishes_batches<B, 1>(0, 2))
LMAX_ROW("shouldNotPublishEventsOneArgIfBatchIsLargerThanRingBuffer: five are too many for four (one argument)",
         try_publish_refuses<B, 1>(kTooMany))
LMAX_ROW("shouldPublishEventsOneArgBatchSizeOfOne: one is a batch (one argument)", publishes_batches<B, 1>(0, 1))
LMAX_ROW("shouldPublishEventsOneArgWithinBatch: from the second on (one argument)", publishes_batches<B, 1>(1, 2))
LMAX_ROW("shouldNotPublishEventsOneArgWhenBatchSizeIs0: none are no batch (one argument)", publish_refuses<B, 1>(0))
LMAX_ROW("shouldNotPublishEventsOneArgWhenBatchSizeIsNegative: less than none are too many (one argument)",
         publish_refuses<B, 1>(kNegative))
LMAX_ROW("shouldNotTryPublishEventsOneArgWhenBatchSizeIs0: none are no batch (one argument)",
         try_publish_refuses<B, 1>(0))
LMAX_ROW("shouldNotTryPublishEventsOneArgWhenBatchSizeIsNegative: less than none are too many (one argument)",
         try_publish_refuses<B, 1>(kNegative))

// ---- from two arguments ---------------------------------------------------------------------------------------------

LMAX_ROW("shouldPublishEventTwoArg: an event made from two arguments", publishes_one_each<B, 2>())
LMAX_ROW("shouldPublishEventsTwoArg: batches of two, each made from two arguments", publishes_batches<B, 2>(0, 2))
LMAX_ROW("shouldNotPublishEventsITwoArgIfBatchSizeIsBiggerThanRingBuffer: five are too many for four (two arguments)",
         try_publish_refuses<B, 2>(kTooMany))
LMAX_ROW("shouldPublishEventsTwoArgWithBatchSizeOfOne: one is a batch (two arguments)", publishes_batches<B, 2>(0, 1))
LMAX_ROW("shouldPublishEventsTwoArgWithinBatch: from the second on (two arguments)", publishes_batches<B, 2>(1, 2))
LMAX_ROW("shouldNotPublishEventsTwoArgWhenBatchSizeIs0: none are no batch (two arguments)", publish_refuses<B, 2>(0))
LMAX_ROW("shouldNotPublishEventsTwoArgWhenBatchSizeIsNegative: less than none are too many (two arguments)",
         publish_refuses<B, 2>(kNegative))
LMAX_ROW("shouldNotTryPublishEventsTwoArgWhenBatchSizeIs0: none are no batch (two arguments)",
         try_publish_refuses<B, 2>(0))
LMAX_ROW("shouldNotTryPublishEventsTwoArgWhenBatchSizeIsNegative: less than none are too many (two arguments)",
         try_publish_refuses<B, 2>(kNegative))

// ---- from three arguments -------------------------------------------------------------------------------------------

LMAX_ROW("shouldPublishEventThreeArg: an event made from three arguments", publishes_one_each<B, 3>())
LMAX_ROW("shouldPublishEventsThreeArg: batches of two, each made from three arguments", publishes_batches<B, 3>(0, 2))
LMAX_ROW("shouldNotPublishEventsThreeArgIfBatchIsLargerThanRingBuffer: five are too many for four (three arguments)",
         try_publish_refuses<B, 3>(kTooMany))
LMAX_ROW("shouldPublishEventsThreeArgBatchSizeOfOne: one is a batch (three arguments)", publishes_batches<B, 3>(0, 1))
LMAX_ROW("shouldPublishEventsThreeArgWithinBatch: from the second on (three arguments)", publishes_batches<B, 3>(1, 2))
LMAX_ROW("shouldNotPublishEventsThreeArgWhenBatchSizeIs0: none are no batch (three arguments)",
         publish_refuses<B, 3>(0))
LMAX_ROW("shouldNotPublishEventsThreeArgWhenBatchSizeIsNegative: less than none are too many (three arguments)",
         publish_refuses<B, 3>(kNegative))
LMAX_ROW("shouldNotTryPublishEventsThreeArgWhenBatchSizeIs0: none are no batch (three arguments)",
         try_publish_refuses<B, 3>(0))
LMAX_ROW("shouldNotTryPublishEventsThreeArgWhenBatchSizeIsNegative: less than none are too many (three arguments)",
         try_publish_refuses<B, 3>(kNegative))

// ---- from any number of arguments -----------------------------------------------------------------------------------

LMAX_ROW("shouldPublishEventVarArg: an event made from any number of arguments", publishes_one_each<B, kVar>())
LMAX_ROW("shouldPublishEventsVarArg: batches of two, each made from any number of arguments",
         publishes_batches<B, kVar>(0, 2))
LMAX_ROW(
    "shouldNotPublishEventsVarArgIfBatchIsLargerThanRingBuffer: five are too many for four (any number of arguments)",
    try_publish_refuses<B, kVar>(kTooMany))
LMAX_ROW("shouldPublishEventsVarArgBatchSizeOfOne: one is a batch (any number of arguments)",
         publishes_batches<B, kVar>(0, 1))
LMAX_ROW("shouldPublishEventsVarArgWithinBatch: from the second on (any number of arguments)",
         publishes_batches<B, kVar>(1, 2))
LMAX_ROW("shouldNotPublishEventsVarArgWhenBatchSizeIs0: none are no batch (any number of arguments)",
         publish_refuses<B, kVar>(0))
LMAX_ROW("shouldNotPublishEventsVarArgWhenBatchSizeIsNegative: less than none are too many (any number of arguments)",
         publish_refuses<B, kVar>(kNegative))
LMAX_ROW("shouldNotTryPublishEventsVarArgWhenBatchSizeIs0: none are no batch (any number of arguments)",
         try_publish_refuses<B, kVar>(0))
LMAX_ROW(
    "shouldNotTryPublishEventsVarArgWhenBatchSizeIsNegative: less than none are too many (any number of arguments)",
    try_publish_refuses<B, kVar>(kNegative))

// ---- claiming, waiting, reading -------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: RingBufferTest.shouldClaimAndGet: what is published is there, at the sequence waited for", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(32);
  SequenceBarrier barrier(ring);
  CHECK(ring.cursor() == -1);
  CHECK(ring.publish_event([](std::uint64_t& event) { event = 2701; }) == WriteResult::ok);
  CHECK(barrier.wait_for(0).sequence == 0);
  CHECK(ring.get(0) == 2701);
  CHECK(ring.cursor() == 0);
}

TEST_CASE_TEMPLATE("lmax: RingBufferTest.shouldClaimAndGetInSeparateThread: and for a thread that sleeps until then", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(32);
  SequenceBarrier barrier(ring);
  std::uint64_t seen = 0;
  std::thread consumer([&] {
    if (barrier.wait_for(0, Until(kPatience))) seen = ring.get(0);
  });
  await_sleeper(ring.published());
  CHECK(ring.publish_event([](std::uint64_t& event) { event = 2701; }) == WriteResult::ok);
  consumer.join();
  CHECK(seen == 2701);
}

TEST_CASE_TEMPLATE("lmax: RingBufferTest.shouldClaimAndGetMultipleMessages: a whole lap, each in its place", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(32);
  SequenceBarrier barrier(ring);
  for (int i = 0; i < 32; ++i) CHECK(ring.publish_event(kNumbered) == WriteResult::ok);
  CHECK(barrier.wait_for(31).sequence == 31);
  for (SequenceNumber s = 0; s < 32; ++s) CHECK(ring.get(s) == static_cast<std::uint64_t>(s));
}

TEST_CASE_TEMPLATE("lmax: RingBufferTest.shouldWrap: after a thousand more than a lap, the last lap is there", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(32, {}, {.without_consumers = whorl::EmptyGate::open});
  SequenceBarrier barrier(ring);
  for (int i = 0; i < 1032; ++i) CHECK(ring.publish_event(kNumbered) == WriteResult::ok);
  CHECK(barrier.wait_for(1031).sequence == 1031);
  for (SequenceNumber s = 1000; s < 1032; ++s) CHECK(ring.get(s) == static_cast<std::uint64_t>(s));
}

TEST_CASE_TEMPLATE("lmax: RingBufferTest.shouldPreventWrapping: nobody has read, so there is no fifth event in four", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  Sequence consumer;
  NumberRing<B> ring(4);
  REQUIRE(ring.add_gating(consumer));
  for (int i = 0; i < 4; ++i) CHECK(ring.publish_event(kNumbered) == WriteResult::ok);
  CHECK_FALSE(ring.try_publish_event(kNumbered));
}

TEST_CASE_TEMPLATE(
    "lmax: RingBufferTest.shouldThrowExceptionIfBufferIsFull: who joins with any number begins where the ring is", B,
    WHORL_CONFORMANCE_BUFFERS) {
  Sequence consumer(33);
  NumberRing<B> ring(32);
  CHECK(consumer.get() == 32);
  REQUIRE(ring.add_gating(consumer));
  CHECK(consumer.get() == -1);
  for (int i = 0; i < 32; ++i) ring.publish(ring.try_next().value());
  CHECK_FALSE(ring.try_next());
}

TEST_CASE_TEMPLATE(
    "lmax: RingBufferTest.shouldPreventPublishersOvertakingEventProcessorWrapPoint: the seventeenth waits for the "
    "first "
    "to be read",
    B, WHORL_CONFORMANCE_BUFFERS) {
  Sequence consumer;
  NumberRing<B> ring(16);
  REQUIRE(ring.add_gating(consumer));
  SequenceBarrier barrier(ring);
  std::atomic<int> published{0};
  std::thread publisher([&] {
    for (int i = 0; i < 17; ++i)
      if (ring.publish_event(kNumbered, Until(kPatience)) == WriteResult::ok) ++published;
  });
  await_sleeper(consumer.waiting());
  CHECK(published.load() == 16);
  CHECK(ring.cursor() == 15);
  CHECK(barrier.wait_for(0, {}, 1).sequence == 0);
  consumer.set(0);
  publisher.join();
  CHECK(published.load() == 17);
}

TEST_CASE_TEMPLATE("lmax: RingBufferTest.shouldAddAndRemoveSequences: the slowest that is left decides", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  Sequence three, seven;
  NumberRing<B> ring(16);
  REQUIRE(ring.add_gating(three));
  REQUIRE(ring.add_gating(seven));
  for (int i = 0; i < 10; ++i) publish(ring);
  three.set(3);
  seven.set(7);
  CHECK(ring.minimum_sequence() == 3);
  CHECK(ring.remove_gating(three));
  CHECK(ring.minimum_sequence() == 7);
}

// ---- EventPublisherTest and EventTranslatorTest ---------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: EventPublisherTest.shouldPublishEvent: what fills an event knows its sequence", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(32);
  const auto fill = [](std::uint64_t& event, SequenceNumber s) { event = static_cast<std::uint64_t>(s) + 29; };
  CHECK(ring.publish_event(fill) == WriteResult::ok);
  CHECK(ring.publish_event(fill) == WriteResult::ok);
  CHECK(ring.get(0) == 29);
  CHECK(ring.get(1) == 30);
}

TEST_CASE_TEMPLATE("lmax: EventPublisherTest.shouldTryPublishEvent: 32 times yes, then no", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  Sequence consumer;
  NumberRing<B> ring(32);
  REQUIRE(ring.add_gating(consumer));
  const auto fill = [](std::uint64_t& event, SequenceNumber s) { event = static_cast<std::uint64_t>(s) + 29; };
  for (int i = 0; i < 32; ++i) CHECK(ring.try_publish_event(fill));
  for (SequenceNumber s = 0; s < 32; ++s) CHECK(ring.get(s) == static_cast<std::uint64_t>(s) + 29);
  CHECK_FALSE(ring.try_publish_event(fill));
}

namespace {

// Somebody's own type of what fills an event.
struct Says {
  std::string text;
  void operator()(std::string& event) const { event = text; }
};

}  // namespace

TEST_CASE_TEMPLATE("lmax: EventTranslatorTest.shouldTranslateOtherDataIntoAnEvent: any callable may fill an event", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  static_assert(whorl::detail::FillsEvent<Says, std::string>);
  TextRing<B> ring(4);
  const Says says{"something else"};
  CHECK(ring.publish_event(says) == WriteResult::ok);
  CHECK(ring.get(0) == "something else");
}
