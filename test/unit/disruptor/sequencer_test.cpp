#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/sequence_barrier.hpp>
#include <whorl/disruptor/sequencer.hpp>

#include "../../support/allocations.hpp"
#include "../../support/death.hpp"
#include "../../support/message.hpp"
#include "../../support/sequencers.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::NextResult;
using whorl::Position;
using whorl::Sequence;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;

namespace {

// Claims and publishes n sequences; returns the last.
template <class S>
SequenceNumber publish(S& sequencer, std::size_t n = 1) {
  const SequenceNumber last = sequencer.try_next(n).value();
  sequencer.publish(last - static_cast<SequenceNumber>(n) + 1, last);
  return last;
}

}  // namespace

TEST_CASE_TEMPLATE("Sequencer: begins at 0, and says which sequence is the last of those claimed", S,
                   WHORL_TEST_SEQUENCERS) {
  S sequencer(16);
  CHECK(sequencer.cursor() == -1);
  CHECK(sequencer.next().sequence == 0);
  CHECK(sequencer.next(4).sequence == 4);
  CHECK(sequencer.try_next(3) == 7);
  CHECK(sequencer.cursor() == -1);
  CHECK(sequencer.capacity() == 16);
}

TEST_CASE_TEMPLATE("Sequencer: capacity falls with each claim, and comes back with the slowest member", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence slow, fast;
  S sequencer(16);
  REQUIRE(sequencer.add_gating(slow));
  REQUIRE(sequencer.add_gating(fast));
  for (std::size_t claimed = 0; claimed <= 16; ++claimed) {
    CHECK(sequencer.remaining_capacity() == 16 - claimed);
    CHECK(sequencer.has_available_capacity(16 - claimed));
    CHECK_FALSE(sequencer.has_available_capacity(17 - claimed));
    CHECK(sequencer.try_next().has_value() == (claimed < 16));
  }
  fast.set(9);
  CHECK(sequencer.remaining_capacity() == 0);
  slow.set(3);
  CHECK(sequencer.remaining_capacity() == 4);
  CHECK(sequencer.minimum_sequence() == 3);
  CHECK_FALSE(sequencer.try_next(5));
  CHECK(sequencer.try_next(4) == 19);
}

TEST_CASE_TEMPLATE("Sequencer: what is claimed is not seen before it is published, two claims at once neither", S,
                   WHORL_TEST_SEQUENCERS) {
  for (const Position first : kFirstPositions) {
    S sequencer(8, {}, {.first_position = first});
    const auto begin = static_cast<SequenceNumber>(first);
    const auto claim = [&](std::size_t n) { return sequencer.try_next(n).value(); };
    for (int claims = 0; claims < 2; ++claims) {  // 6 of 8: the second one has to ask the gate
      claim(3);
      for (SequenceNumber s = begin; s != begin + 8; ++s) CHECK_FALSE(sequencer.is_available(s));
      CHECK(sequencer.cursor() == begin - 1);
    }
    CHECK_FALSE(sequencer.try_next(3));
    CHECK(sequencer.cursor() == begin - 1);
    sequencer.publish(begin, begin + 2);
    CHECK(sequencer.cursor() == begin + 2);
    CHECK(sequencer.is_available(begin));
    CHECK(sequencer.is_available(begin + 2));
    CHECK_FALSE(sequencer.is_available(begin + 3));
    sequencer.publish(begin + 3, begin + 5);
    CHECK(sequencer.highest_published(begin, begin + 7) == begin + 5);
    CHECK(sequencer.highest_published(begin + 1, begin + 3) == begin + 3);
    CHECK(sequencer.highest_published(begin + 6, begin + 7) == begin + 5);
    CHECK(sequencer.highest_published(begin + 6, begin + 5) == begin + 5);
  }
}

TEST_CASE("Sequencer: many producers publish in any order, and readers see what is complete from the start") {
  Multi sequencer(8);
  REQUIRE(sequencer.try_next(6) == 5);
  sequencer.publish(3);
  sequencer.publish(5);
  CHECK(sequencer.highest_published(0, 5) == -1);
  for (SequenceNumber s = 0; s < 8; ++s) CHECK(sequencer.is_available(s) == (s == 3 || s == 5));
  sequencer.publish(0, 2);
  CHECK(sequencer.highest_published(0, 5) == 3);
  sequencer.publish(4);
  CHECK(sequencer.highest_published(0, 5) == 5);
  CHECK(sequencer.highest_published(0, 7) == 5);
}

TEST_CASE_TEMPLATE("Sequencer: a cell that is claimed anew is not available, nor one whole circles of laps away", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence consumer;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(consumer));
  const SequenceNumber first = publish(sequencer);
  CHECK(sequencer.is_available(first));
  publish(sequencer, 3);
  consumer.set(3);
  CHECK(sequencer.is_available(first));
  CHECK(sequencer.try_next() == 4);
  CHECK_FALSE(sequencer.is_available(first));
  CHECK(sequencer.is_available(first + 1));
  const auto circle = SequenceNumber{4} << 31;  // as many laps as a flag can tell apart
  CHECK_FALSE(sequencer.is_available(first + 1 + circle));
  CHECK_FALSE(sequencer.is_available(first + 1 - circle));
  CHECK_FALSE(sequencer.is_available(first + 1 + 4));
}

TEST_CASE_TEMPLATE("Sequencer: many laps, from any first position, at every capacity", S, WHORL_TEST_SEQUENCERS) {
  for (const Position first : kFirstPositions) {
    for (const std::size_t capacity : {1u, 2u, 8u}) {
      CAPTURE(first);
      CAPTURE(capacity);
      Sequence consumer;
      S sequencer(capacity, {}, {.first_position = first});
      REQUIRE(sequencer.add_gating(consumer));
      auto expected = static_cast<SequenceNumber>(first);
      CHECK(consumer.get() == expected - 1);
      for (int lap = 0; lap < 20; ++lap) {
        for (std::size_t k = 0; k < capacity; ++k) CHECK(publish(sequencer) == expected++);
        CHECK_FALSE(sequencer.try_next());
        CHECK(sequencer.highest_published(consumer.get() + 1, expected + 5) == expected - 1);
        consumer.set(expected - 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("Sequencer: a claim of nothing, or of more than there ever is, is refused at once", S,
                   WHORL_TEST_SEQUENCERS) {
  S sequencer(8);
  for (const std::size_t n : {std::size_t{0}, std::size_t{9}, ~std::size_t{0}, std::size_t{1} << 63}) {
    CAPTURE(n);
    CHECK_FALSE(sequencer.try_next(n));
    CHECK(sequencer.next(n).result == WriteResult::full);
    CHECK(sequencer.has_available_capacity(n) == (n == 0));
  }
  CHECK(sequencer.claimed() == 0);
  CHECK(sequencer.next(8).sequence == 7);
}

TEST_CASE_TEMPLATE("Sequencer: without a consumer it is full after one lap, unless built to overwrite", S,
                   WHORL_TEST_SEQUENCERS) {
  S full(4);
  publish(full, 4);
  CHECK_FALSE(full.try_next());
  CHECK(full.next(1, Until(0ms)).result == WriteResult::timed_out);

  S open(4, {}, {.without_consumers = whorl::EmptyGate::open});
  for (SequenceNumber s = 0; s < 50; ++s) CHECK(publish(open) == s);
  CHECK(open.is_available(46));
  CHECK_FALSE(open.is_available(45));
  CHECK(open.cursor() == 49);
  REQUIRE(open.try_next(2) == 51);
  CHECK(open.cursor() == 49);
  open.close();
  CHECK_FALSE(open.try_next());
  CHECK(open.next().result == WriteResult::closed);
  CHECK(open.claimed() == 52);
}

TEST_CASE_TEMPLATE("Sequencer: the cursor is what is published, whoever joins meanwhile, and without a member", S,
                   WHORL_TEST_SEQUENCERS) {
  for (const Position first : kFirstPositions) {
    const auto begin = static_cast<SequenceNumber>(first);
    for (const auto without : {whorl::EmptyGate::full, whorl::EmptyGate::open}) {
      Sequence late;
      S sequencer(8, {}, {.without_consumers = without, .first_position = first});
      REQUIRE(sequencer.try_next(3));
      CHECK(sequencer.cursor() == begin - 1);
      REQUIRE(sequencer.add_gating(late));
      CHECK(sequencer.cursor() == begin - 1);
      sequencer.publish(begin, begin + 1);
      CHECK(sequencer.cursor() == begin + 1);
      sequencer.publish(begin + 2);
      CHECK(sequencer.cursor() == begin + 2);
      for (SequenceNumber s = begin + 3; s != begin + 30; ++s) {
        CHECK(publish(sequencer) == s);
        CHECK(sequencer.cursor() == s);
        late.set(s);
      }
      REQUIRE(sequencer.try_next());
      CHECK(sequencer.cursor() == begin + 29);
    }
  }
}

TEST_CASE_TEMPLATE("Sequencer: the last of a chain hands over to the one it has followed", S, WHORL_TEST_SEQUENCERS) {
  Sequence first, last;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(last));
  publish(sequencer, 3);
  first.set(1);
  last.set(0);
  CHECK(sequencer.minimum_sequence() == 0);
  Sequence* const upstream[] = {&first};
  CHECK(sequencer.hand_over_gating(last, upstream));
  CHECK(sequencer.minimum_sequence() == 1);
  CHECK(first.get() == 1);
  CHECK_FALSE(sequencer.remove_gating(last));
}

TEST_CASE_TEMPLATE("Sequencer: a sequence that has ended is lent as one that has not", S, WHORL_TEST_SEQUENCERS) {
  S sequencer(4);
  Sequence& one = sequencer.lend_sequence();
  one.end();
  sequencer.take_back(one);
  REQUIRE(&sequencer.lend_sequence() == &one);
  CHECK_FALSE(one.ends_before(0));
}

TEST_CASE_TEMPLATE("Sequencer: a wait that ends without room has claimed nothing", S, WHORL_TEST_SEQUENCERS) {
  Sequence consumer;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(consumer));
  publish(sequencer, 3);
  CHECK(sequencer.next(2, Until(2ms)).result == WriteResult::timed_out);
  std::stop_source stop;
  stop.request_stop();
  CHECK(sequencer.next(2, stop.get_token()).result == WriteResult::stopped);
  CHECK(sequencer.claimed() == 3);
  CHECK(sequencer.remaining_capacity() == 1);
  CHECK(sequencer.next().sequence == 3);
}

TEST_CASE_TEMPLATE("Sequencer: a producer that finds no room sleeps until the slowest consumer gives some back", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence slow, fast;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(fast));
  REQUIRE(sequencer.add_gating(slow));
  publish(sequencer, 4);
  fast.set(3);
  NextResult got;
  std::thread producer([&] { got = sequencer.next(2, Until(60s)); });
  while (slow.waiting().sleeps() == 0) std::this_thread::yield();
  CHECK(sequencer.claimed() == 4);
  slow.set(1);
  producer.join();
  CHECK(got.result == WriteResult::ok);
  CHECK(got.sequence == 5);
}

TEST_CASE_TEMPLATE("Sequencer: closing frees a producer that is blocked, with consumers and without", S,
                   WHORL_TEST_SEQUENCERS) {
  for (const bool with_consumer : {false, true}) {
    Sequence consumer;
    S sequencer(2);
    if (with_consumer) REQUIRE(sequencer.add_gating(consumer));
    publish(sequencer, 2);
    NextResult got;
    std::thread producer([&] { got = sequencer.next(1, Until(60s)); });
    const whorl::EventCount& bed = with_consumer ? consumer.waiting() : sequencer.gate().changed();
    while (bed.sleeps() == 0) std::this_thread::yield();
    sequencer.close();
    producer.join();
    CHECK(got.result == WriteResult::closed);
    CHECK(sequencer.is_closed());
    CHECK(sequencer.claimed() == 2);
    CHECK(sequencer.ends_before(2));
    CHECK_FALSE(sequencer.ends_before(1));
  }
}

TEST_CASE_TEMPLATE("Sequencer: who joins is set to what was claimed, whatever it said before", S,
                   WHORL_TEST_SEQUENCERS) {
  Sequence sequence(33), second;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(sequence));
  CHECK(sequence.get() == -1);
  REQUIRE(sequencer.try_next(3));
  REQUIRE(sequencer.add_gating(second));
  CHECK(second.get() == 2);
  CHECK_FALSE(sequencer.add_gating(second));
  CHECK(sequencer.remove_gating(sequence));
  CHECK_FALSE(sequencer.remove_gating(sequence));
  CHECK(sequencer.minimum_sequence() == 2);
  CHECK(sequencer.remaining_capacity() == 4);
}

TEST_CASE_TEMPLATE("Sequencer: lends sequences that are where the claims are, and lends them again", S,
                   WHORL_TEST_SEQUENCERS) {
  S sequencer(4);
  REQUIRE(sequencer.try_next(3));
  Sequence& one = sequencer.lend_sequence();
  Sequence& two = sequencer.lend_sequence();
  CHECK(one.get() == 2);
  CHECK(&one != &two);
  REQUIRE(sequencer.try_next());
  sequencer.take_back(one);
  Sequence& again = sequencer.lend_sequence();
  CHECK(&again == &one);
  CHECK(again.get() == 3);
}

TEST_CASE_TEMPLATE("Sequencer: claim and publish allocate nothing", S, WHORL_TEST_SEQUENCERS) {
  if (!kCountsAllocations) return;
  Sequence consumer;
  S sequencer(4);
  REQUIRE(sequencer.add_gating(consumer));
  const Allocations before = allocations();
  for (int i = 0; i < 100; ++i) consumer.set(publish(sequencer, 3));
  CHECK(allocations() == before);
}

TEST_CASE_TEMPLATE("Sequencer: refuses a capacity that is no power of two, before anything is allocated", S,
                   WHORL_TEST_SEQUENCERS) {
  const std::string refusal = refusal_of([] { S sequencer(1000); });
  CHECK(refusal == "Sequencer: capacity 1000 is not a power of two: use 512 or 1024");
  CHECK(refusal_of([] { S sequencer(0); }) == "Sequencer: capacity 0 is not a power of two: use 1 or more");
  if constexpr (S::kShared) CHECK_THROWS_AS(S(std::size_t{1} << 47), std::bad_alloc);
}

TEST_CASE("Sequencer: an exclusive one ends when its producer has heard of it, or gives the right back") {
  for (const bool tries : {true, false}) {
    Single sequencer(4);
    publish(sequencer, 2);
    CHECK_FALSE(sequencer.try_own());
    sequencer.close();
    CHECK_FALSE(sequencer.ends_before(2));
    tries ? static_cast<void>(sequencer.try_next()) : sequencer.disown();
    CHECK(sequencer.ends_before(2));
    CHECK_FALSE(sequencer.ends_before(1));
    CHECK_FALSE(sequencer.try_own());
  }
  Single handed_on(4);
  handed_on.disown();
  CHECK(handed_on.try_own());
  CHECK_FALSE(handed_on.try_own());
}

TEST_CASE("Sequencer: what is given up is passed over where claims are shared, and claimed anew where they are not") {
  Multi multi(8);
  REQUIRE(multi.try_next(4));
  multi.publish(0);
  multi.abandon(1, 2);
  multi.publish(3);
  CHECK(multi.highest_published(0, 7) == 3);
  CHECK(multi.buried() == 2);
  CHECK_FALSE(multi.is_buried(0));
  CHECK(multi.is_buried(1));
  CHECK(multi.is_buried(2));
  CHECK_FALSE(multi.is_buried(3));
  CHECK(multi.claimed() == 4);

  Single single(8);
  REQUIRE(single.try_next(4));
  single.publish(0);
  single.abandon(1, 3);
  CHECK(single.claimed() == 1);
  CHECK(single.buried() == 0);
  CHECK(single.try_next() == 1);
}

#if WHORL_CHECKED
TEST_CASE("Sequencer: says what to do instead of publishing what is not one's own") {
  Multi multi(4);
  CHECK(dying_words([&] { multi.publish(0); }).find("claim a sequence before it is published") != std::string::npos);
  REQUIRE(multi.try_next(2));
  CHECK(dying_words([&] { multi.publish(1, 0); }).find("from the first to the last") != std::string::npos);
  Single single(4);
  REQUIRE(single.try_next());
  REQUIRE(single.try_next());
  CHECK(dying_words([&] { single.publish(1); }).find("in the order in which they were made") != std::string::npos);
}

TEST_CASE_TEMPLATE("Sequencer: says what to do instead of giving up what is not one's own", S, WHORL_TEST_SEQUENCERS) {
  S sequencer(4);
  CHECK(dying_words([&] { sequencer.abandon(0, 0); }).find("claim a sequence before it is given up") !=
        std::string::npos);
  REQUIRE(sequencer.try_next(2));
  CHECK(dying_words([&] { sequencer.abandon(1, 0); }).find("from the first to the last") != std::string::npos);
}

TEST_CASE("Sequencer: says that claims are published before the right to claim is given back, and made with it") {
  Single sequencer(4);
  REQUIRE(sequencer.try_next());
  CHECK(dying_words([&] { sequencer.disown(); }).find("publish or give up what is claimed") != std::string::npos);
  sequencer.publish(0);
  sequencer.disown();
  CHECK(dying_words([&] { static_cast<void>(sequencer.try_next()); }).find("take the right to be the producer") !=
        std::string::npos);
  CHECK(sequencer.try_own());
  CHECK(sequencer.try_next() == 1);
}

TEST_CASE_TEMPLATE("Sequencer: says that a sequence is given back when nobody uses it any more", S,
                   WHORL_TEST_SEQUENCERS) {
  S sequencer(4);
  Sequence& one = sequencer.lend_sequence();
  REQUIRE(sequencer.add_gating(one));
  CHECK(dying_words([&] { sequencer.take_back(one); }).find("leaves the gate before") != std::string::npos);
  REQUIRE(sequencer.remove_gating(one));
  {
    const whorl::SequenceBarrier<S> barrier(sequencer, {&one});
    CHECK(dying_words([&] { sequencer.take_back(one); }).find("whoever follows a sequence ends before") !=
          std::string::npos);
  }
  sequencer.take_back(one);
}
#endif
