#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/disruptor/sharded_event_processor.hpp>
#include <whorl/disruptor/ticket_merge.hpp>

#include "ticket_merges.hpp"

using namespace whorl_test;
using whorl::RunEnd;
using whorl::Ticket;
using whorl::TicketMerge;

namespace {

// The tickets from `first` on that are there, as shard:first+count.
template <class Merge>
std::string tickets_of(Merge& merge, whorl::Position first = 0) {
  std::string text;
  const std::size_t n = merge.tickets().ready(first, merge.tickets().capacity());
  for (whorl::Position t = first; t != first + n; ++t) {
    const Ticket& ticket = merge.tickets().get(static_cast<whorl::SequenceNumber>(t));
    text +=
        ' ' + std::to_string(ticket.shard) + ':' + std::to_string(ticket.first) + '+' + std::to_string(ticket.count);
  }
  return text;
}

void wait_until_asleep(const whorl::EventCount& event) {
  while (event.sleeps() == 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE_TEMPLATE("TicketMerge: a ticket for each run that a sweep finds, at most the quota", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(32, 4);
  Producers producers(ring);
  TicketMerge merge(ring, {}, {.quota = 2});
  REQUIRE(producers.publish(0, 3));
  REQUIRE(producers.publish(2, 1));
  producers.end();
  CHECK(merge.run() == RunEnd::closed);
  CHECK(tickets_of(merge) == " 0:0+2 2:0+1 0:2+1");
  CHECK(merge.sequence().get(0) == 2);
}

TEST_CASE_TEMPLATE("TicketMerge: what was given up has a place in its run", B, SharedInline, SharedDense) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  TicketMerge merge(ring);
  REQUIRE(producers.publish(1, 1));
  REQUIRE(ring.shard_for(1).try_next() == 1);
  ring.shard_for(1).abandon(1, 1);
  producers.end();
  CHECK(merge.run() == RunEnd::closed);
  CHECK(tickets_of(merge) == " 1:0+2");
}

TEST_CASE("TicketMerge: has ended for good when the shards have, and its tickets with it") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  TicketMerge merge(ring);
  REQUIRE(producers.publish(0, 1));
  {
    Merging merging(merge);
    merging.wait_until({1, 0});
    CHECK(merging.stop() == RunEnd::halted);
  }
  CHECK_FALSE(merge.tickets().is_closed());
  CHECK_FALSE(merge.sequence().in(0).ends_before(1));
  REQUIRE(producers.publish(1, 1));
  producers.end();
  CHECK(merge.run() == RunEnd::closed);
  CHECK(tickets_of(merge) == " 0:0+1 1:0+1");
  CHECK(merge.tickets().ends_before(2));
  CHECK(merge.sequence().in(0).ends_before(1));
  CHECK(merge.run() == RunEnd::closed);
  CHECK(merge.tickets().ends_before(2));
}

TEST_CASE("TicketMerge: comes after those upstream, and ends where one of them does") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  Ring::Progress first(ring);
  TicketMerge merge(ring, {&first});
  for (const std::size_t shard : {0u, 1u}) REQUIRE(producers.publish(shard, 3));
  first.release(0, 1);
  first.release(1, 2);
  first.end();
  CHECK(merge.run() == RunEnd::closed);
  CHECK(tickets_of(merge) == " 0:0+1 1:0+2");
  // Whatever becomes of the other one, there are no tickets any more.
  first.go_on();
  first.release(0, 3);
  CHECK(merge.run() == RunEnd::closed);
  CHECK(tickets_of(merge) == " 0:0+1 1:0+2");
}

TEST_CASE_TEMPLATE(
    "TicketMerge: producers wait for it, also where its only consumer has come after what it has yet to read", B,
    WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  TicketMerge merge(ring);
  std::string text;
  const auto handle = [&](std::uint64_t& e) { text += ' ' + std::to_string(e); };
  using Consumer = whorl::OrderedEventProcessor<decltype(merge), decltype(handle)&>;
  std::optional<Consumer> first(std::in_place, merge, std::initializer_list<whorl::Sequence*>{}, handle);
  REQUIRE(producers.publish(0, 8));
  Consumer second(merge, {}, handle);
  first.reset();
  CHECK_FALSE(producers.publish(0));
  Merging(merge).wait_until({8, 0});
  REQUIRE(producers.publish(0, 4));
  producers.end();
  CHECK(merge.run() == RunEnd::closed);
  CHECK(second.run() == RunEnd::closed);
  CHECK(text == " 8 9 10 11");
}

TEST_CASE("TicketMerge: is in the gates until it has ended for good, or is no more") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  const auto members = [&] { return ring.shard(0).gate().size() + 10 * ring.shard(1).gate().size(); };
  TicketMerge merge(ring);
  {
    const TicketMerge other(ring);
    CHECK(members() == 22);
  }
  CHECK(members() == 11);
  REQUIRE(producers.publish(0, 8));
  Merging(merge).wait_until({8, 0});
  CHECK(members() == 11);
  REQUIRE(producers.publish(0, 8));
  CHECK_FALSE(producers.publish(0));
  producers.end();
  CHECK(merge.run() == RunEnd::closed);
  CHECK(members() == 0);
}

TEST_CASE("TicketMerge: who follows it without an order hears of what it has passed, asleep or not") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  TicketMerge merge(ring);
  std::string text;
  const auto handle = [&](std::uint64_t& e) { text += ' ' + std::to_string(e); };
  whorl::ShardedEventProcessor<Ring::Shard, decltype(handle)&> follower(ring, {&merge.sequence()}, handle);
  REQUIRE(ring.add_gating(follower.sequence()));
  REQUIRE(producers.publish(1));
  std::jthread thread([&] { CHECK(follower.run() == RunEnd::closed); });
  wait_until_asleep(ring.news());
  Merging merging(merge);
  while (follower.sequence().passed(1) != 1) std::this_thread::yield();
  producers.end();
  CHECK(merging.join() == RunEnd::closed);
  thread.join();
  CHECK(text == " 100");
}

TEST_CASE("TicketMerge: waits where there is no room for a ticket, and goes on where a halt has found it") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  TicketMerge merge(ring, {}, {.tickets = 1});
  std::string text;
  const auto handle = [&](std::uint64_t& e) { text += ' ' + std::to_string(e); };
  whorl::OrderedEventProcessor consumer(merge, {}, handle);
  for (const std::size_t shard : {0u, 1u}) REQUIRE(producers.publish(shard, 1));
  {
    Merging merging(merge);
    wait_until_asleep(consumer.ticket_sequence().waiting());
    CHECK(merging.stop() == RunEnd::halted);
  }
  CHECK(tickets_of(merge) == " 0:0+1");
  CHECK(merge.sequence().get(1) == -1);
  REQUIRE(producers.publish(1, 2));
  {
    std::stop_source stop;
    RunEnd end = RunEnd::failed;
    std::jthread thread([&] { end = merge.run(stop.get_token()); });
    while (consumer.ticket_sequence().waiting().sleeps() < 2) std::this_thread::yield();
    stop.request_stop();
    thread.join();
    CHECK(end == RunEnd::halted);
  }
  producers.end();
  Merging merging(merge);
  CHECK(consumer.run() == RunEnd::closed);
  CHECK(merging.join() == RunEnd::closed);
  CHECK(text == " 0 100 101 102");
  static_assert(std::is_same_v<decltype(merge)::Progress, Ring::Progress>);
}

TEST_CASE("TicketMerge: halted while nothing comes, and before it runs") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  TicketMerge merge(ring);
  {
    Merging merging(merge);
    wait_until_asleep(ring.news());
    CHECK(merge.is_running());
    CHECK(merging.stop() == RunEnd::halted);
  }
  merge.halt();
  CHECK(merge.run() == RunEnd::halted);
  CHECK_FALSE(merge.is_running());
}

TEST_CASE("TicketMerge: refuses a quota of nothing, tickets that are no power of two, and one consumer too many") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  using Merge = TicketMerge<decltype(ring)::Shard>;
  CHECK_THROWS_WITH_AS(Merge(ring, {}, {.quota = 0}), "TicketMerge: quota 0 would read nothing: use 1 or more",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Merge(ring, {}, {.tickets = 3}), "TicketMerge: tickets 3 is not a power of two: use 2 or 4",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Merge(ring, {}, {.tickets = 0}), "TicketMerge: tickets 0 is not a power of two: use 1 or more",
                       std::invalid_argument);
  Merge merge(ring);
  const auto handle = [](std::uint64_t&) {};
  using Consumer = whorl::OrderedEventProcessor<Merge, decltype(handle)&>;
  std::vector<std::unique_ptr<Consumer>> consumers;
  while (consumers.size() != whorl::GroupGate::kMostMembers - 1) {
    consumers.push_back(std::make_unique<Consumer>(merge, std::initializer_list<whorl::Sequence*>{}, handle));
  }
  const auto one_more = [&] { Consumer(merge, {}, handle); };
  CHECK_THROWS_WITH_AS(one_more(),
                       "OrderedEventProcessor: the gates of the shards have 64 members already, and cannot have more: "
                       "remove one of them first",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Merge(ring, {}),
                       "TicketMerge: the gates of the shards have 64 members already, and cannot have more: remove one "
                       "of them first",
                       std::invalid_argument);
  CHECK(merge.tickets().gate().size() == consumers.size());
  consumers.pop_back();
  one_more();
  // Others may wait for tickets, too.
  while (merge.tickets().gate().size() != whorl::GroupGate::kMostMembers) {
    REQUIRE(merge.tickets().add_gating(merge.tickets().lend_sequence()));
  }
  CHECK_THROWS_WITH_AS(one_more(),
                       "OrderedEventProcessor: the merge has 64 consumers already, and cannot have more: remove one "
                       "of them first",
                       std::invalid_argument);
}
