#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>
#include <whorl/handoff/group_gate.hpp>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/lap_flags.hpp>
#include <whorl/wait/wait_strategy.hpp>

#include "../../support/death.hpp"

using whorl::Claimed;
using whorl::EmptyGate;
using whorl::GroupGate;
using whorl::Position;
using whorl::Sequence;

namespace {

// Makes `sequence` a member where the claims stand at `claimed`.
std::optional<Position> join(GroupGate& gate, Sequence& sequence, Position claimed) {
  return gate.join(sequence, [&] { return claimed; });
}

constexpr Position kFirsts[] = {0, 1000, ~Position{0} - 2, (Position{1} << 63) - 2};

}  // namespace

TEST_CASE("GroupGate: without members everything is taken after one lap, or nothing ever, as it was built") {
  for (const Position first : kFirsts) {
    const GroupGate full(first);
    const GroupGate open(first, EmptyGate::open);
    for (const Position claimed : {first, first + 1, first + 100}) {
      CHECK(full.passed(claimed) == first);
      CHECK(open.passed(claimed) == claimed);
    }
  }
}

TEST_CASE("GroupGate: answers with the slowest member, and never beyond what was claimed") {
  for (const Position first : kFirsts) {
    GroupGate gate(first);
    Sequence a, b, c;
    for (Sequence* sequence : {&a, &b, &c}) REQUIRE(join(gate, *sequence, first));
    a.release(first + 7);
    b.release(first + 3);
    c.release(first + 12);
    CHECK(gate.passed(first + 20) == first + 3);
    b.release(first + 30);
    CHECK(gate.passed(first + 20) == first + 7);
    a.release(first + 30);
    c.release(first + 30);
    CHECK(gate.passed(first + 20) == first + 20);
  }
}

TEST_CASE("GroupGate: who joins is set to the claim counter as it is once everybody counts the newcomer") {
  GroupGate gate(0);
  Sequence sequence(32);
  std::vector<Position> seen;
  const std::optional<Position> start = gate.join(sequence, [&] {
    seen.push_back(sequence.passed());
    return Position{seen.size() == 1 ? 5u : 6u};  // a producer claims meanwhile
  });
  CHECK(start == 6u);
  CHECK(sequence.passed() == 6);
  CHECK(seen == std::vector<Position>{32, 5});
  CHECK(gate.passed(9) == 6);
}

TEST_CASE("GroupGate: the first, a middle, the last and the only member can leave") {
  for (const std::size_t members : {1u, 2u, 3u, 5u}) {
    for (std::size_t leaver = 0; leaver < members; ++leaver) {
      CAPTURE(members);
      CAPTURE(leaver);
      GroupGate gate(0);
      std::deque<Sequence> sequences(members);
      for (Sequence& sequence : sequences) REQUIRE(join(gate, sequence, 0));
      for (std::size_t i = 0; i < members; ++i) sequences[i].release(i == leaver ? 1 : 4 + i);
      CHECK(gate.passed(100) == 1);
      CHECK(gate.leave(sequences[leaver]));
      CHECK(gate.size() == members - 1);
      CHECK_FALSE(gate.contains(sequences[leaver]));
      CHECK(gate.passed(100) == (members == 1 ? 0 : leaver == 0 ? 5 : 4));
      CHECK_FALSE(gate.leave(sequences[leaver]));
      CHECK(join(gate, sequences[leaver], 50) == Position{50});
      CHECK(gate.size() == members);
    }
  }
}

TEST_CASE("GroupGate: a member cannot join again, and stays where it is") {
  GroupGate gate(0);
  Sequence sequence, other;
  REQUIRE(join(gate, sequence, 10));
  REQUIRE(join(gate, other, 10));
  CHECK_FALSE(join(gate, sequence, 20));
  CHECK(sequence.passed() == 10);
  CHECK(gate.leave(sequence));
  CHECK(gate.size() == 1);
}

TEST_CASE("GroupGate: has places for 64, and who finds none is not a member and as before") {
  GroupGate gate(0);
  std::deque<Sequence> sequences(GroupGate::kMostMembers);
  for (Sequence& sequence : sequences) REQUIRE(join(gate, sequence, 3));
  Sequence late(77);
  CHECK_FALSE(join(gate, late, 3));
  CHECK(late.passed() == 77);
  CHECK_FALSE(gate.contains(late));
  for (Sequence& sequence : sequences) sequence.release(9);
  CHECK(gate.passed(100) == 9);
  CHECK(gate.leave(sequences[40]));
  CHECK(join(gate, late, 8));
  CHECK(gate.passed(100) == 8);
}

TEST_CASE("GroupGate: whose places are all taken looks at each of them and no farther") {
  GroupGate gate(0);
  std::deque<Sequence> sequences(GroupGate::kMostMembers);
  for (Sequence& sequence : sequences) REQUIRE(join(gate, sequence, 3));
  Sequence late;
  CHECK(gate.size() == GroupGate::kMostMembers);
  CHECK_FALSE(gate.leave(late));
  CHECK_FALSE(gate.ends_before(4));
  CHECK(gate.sleep_unless(3, [] { return true; }, {}));
  gate.wake();
  sequences.back().end();
  CHECK(gate.ends_before(5));
}

TEST_CASE("GroupGate: who finds no place has never moved, not even for a moment") {
  GroupGate gate(0);
  std::deque<Sequence> sequences(GroupGate::kMostMembers);
  for (Sequence& sequence : sequences) REQUIRE(join(gate, sequence, 3));
  Sequence late(1);
  bool asked = false;
  CHECK_FALSE(gate.join(late, [&] {
    asked = true;
    return Position{9};
  }));
  CHECK_FALSE(asked);
}

TEST_CASE("GroupGate: a member hands over to those it has followed, who stay where they are") {
  GroupGate gate(0);
  Sequence one, two, last, other;
  REQUIRE(join(gate, last, 2));
  REQUIRE(join(gate, other, 0));
  REQUIRE(join(gate, two, 0));
  one.release(7);
  two.release(5);
  other.release(20);
  Sequence* const upstream[] = {&one, &two};
  CHECK(gate.passed(30) == 2);
  CHECK(gate.hand_over(last, upstream));
  CHECK(gate.size() == 3);
  CHECK_FALSE(gate.contains(last));
  CHECK(gate.passed(30) == 5);
  two.release(9);
  CHECK(gate.passed(30) == 7);
  CHECK_FALSE(gate.hand_over(last, upstream));
  CHECK(one.passed() == 7);
}

TEST_CASE("GroupGate: a hand-over for which there is no place changes nothing") {
  GroupGate gate(0);
  std::deque<Sequence> sequences(GroupGate::kMostMembers - 1);
  for (Sequence& sequence : sequences) REQUIRE(join(gate, sequence, 0));
  Sequence one(4), two(4);
  Sequence* const upstream[] = {&sequences[5], &one, &two};
  CHECK_FALSE(gate.hand_over(sequences[0], upstream));
  CHECK(gate.size() == GroupGate::kMostMembers - 1);
  CHECK(gate.contains(sequences[0]));
  CHECK(gate.contains(sequences[5]));
  CHECK_FALSE(gate.contains(one));
  CHECK(gate.hand_over(sequences[0], std::span(upstream).first(2)));
  CHECK(gate.size() == GroupGate::kMostMembers - 1);
  CHECK(gate.contains(one));
}

TEST_CASE("GroupGate: says who is behind for good") {
  GroupGate gate(0);
  Sequence one, two;
  CHECK(gate.ends_before(1));
  REQUIRE(join(gate, one, 3));
  REQUIRE(join(gate, two, 3));
  CHECK_FALSE(gate.ends_before(9));
  two.end();
  CHECK_FALSE(gate.ends_before(3));
  CHECK(gate.ends_before(4));
  CHECK(gate.leave(two));
  CHECK_FALSE(gate.ends_before(4));
}

TEST_CASE("GroupGate: nobody else knows one that was never there") {
  GroupGate gate(0);
  Sequence stranger;
  CHECK_FALSE(gate.leave(stranger));
  CHECK_FALSE(gate.contains(stranger));
  CHECK(gate.size() == 0);
}

TEST_CASE("GroupGate: an exclusive claim that forgets several claims leaves no limit that overruns who joins then") {
  whorl::HandOff<whorl::ExclusiveClaim, whorl::LapFlags, GroupGate> ring(0, 4, EmptyGate::full);
  Sequence old, joiner;
  const auto claimed = [&] { return ring.claim().claimed(); };
  REQUIRE(ring.gate().join(old, claimed));
  REQUIRE(ring.try_claim(4, 4));
  old.release(4);
  const Claimed one = ring.try_claim(2, 2);
  old.release(6);  // beyond what it may: as one that reads ahead of the claim would
  const Claimed two = ring.try_claim(3, 3);
  REQUIRE(two);
  ring.abandon(two);
  ring.abandon(one);
  REQUIRE(ring.gate().join(joiner, claimed) == Position{4});
  CHECK(ring.try_claim(1, 10).count == 4);
  CHECK_FALSE(ring.try_claim(1, 1));
}

namespace {

// What a producer sleeps on that needs room up to `needed`.
struct Room {
  GroupGate& gate;
  Position needed;
  template <class Ready>
  bool sleep_unless(Ready&& ready, const whorl::Until& until) {
    return gate.sleep_unless(needed, ready, until);
  }
};

// A producer waits until the gate is passed up to `needed`, or all is over, and sleeps at `where`; end(over) lets it go on.
template <class End>
void is_woken_by(GroupGate& gate, const whorl::EventCount& where, Position needed, End&& end) {
  whorl::sync::Atomic<bool> over{false};
  whorl::WaitResult result = whorl::WaitResult::timed_out;
  const std::uint64_t sleeps = where.sleeps();
  std::thread producer([&] {
    Room room{gate, needed};
    const auto ready = [&] { return over.load(whorl::sync::acquire) || gate.passed(needed) == needed; };
    result = whorl::BlockingWait{0, 0}.wait(room, ready, whorl::Until(std::chrono::seconds(60)));
  });
  while (where.sleeps() == sleeps) std::this_thread::yield();
  end(over);
  producer.join();
  CHECK(result == whorl::WaitResult::ready);
}

}  // namespace

TEST_CASE("GroupGate: a producer sleeps on a member that is behind, and wakes when that one has come far enough") {
  GroupGate gate(0);
  Sequence fast, slow;
  REQUIRE(join(gate, fast, 0));
  REQUIRE(join(gate, slow, 0));
  fast.release(5);
  is_woken_by(gate, slow.waiting(), 3, [&](auto&) {
    slow.release(1);
    slow.release(3);
  });
}

TEST_CASE("GroupGate: a producer that waits for two members wakes when the last of them is there") {
  GroupGate gate(0);
  Sequence one, two;
  REQUIRE(join(gate, one, 0));
  REQUIRE(join(gate, two, 0));
  is_woken_by(gate, one.waiting(), 3, [&](auto&) {
    one.release(3);
    while (two.waiting().sleeps() == 0) std::this_thread::yield();
    two.release(3);
  });
}

TEST_CASE("GroupGate: a producer goes on when the member leaves that it waits for") {
  GroupGate gate(0);
  Sequence fast, slow;
  REQUIRE(join(gate, fast, 0));
  REQUIRE(join(gate, slow, 0));
  fast.release(5);
  is_woken_by(gate, slow.waiting(), 3, [&](auto&) { CHECK(gate.leave(slow)); });
}

TEST_CASE("GroupGate: a producer that waits for a first member wakes when it comes") {
  GroupGate gate(0);
  Sequence first;
  is_woken_by(gate, gate.changed(), 3, [&](auto&) { CHECK(join(gate, first, 3)); });
}

TEST_CASE("GroupGate: wake() wakes those that wait for a member, and for one that is behind") {
  GroupGate gate(0);
  Sequence idle;
  const auto end = [&](auto& over) {
    over.store(true, whorl::sync::release);
    gate.wake();
  };
  is_woken_by(gate, gate.changed(), 3, end);
  REQUIRE(join(gate, idle, 3));
  is_woken_by(gate, idle.waiting(), 9, end);
}

TEST_CASE("GroupGate: a producer that waits for a member goes on when that one has handed over") {
  GroupGate gate(0);
  Sequence first, second;
  REQUIRE(join(gate, second, 0));
  first.release(5);
  Sequence* const upstream[] = {&first};
  is_woken_by(gate, second.waiting(), 3, [&](auto&) { CHECK(gate.hand_over(second, upstream)); });
}

#if WHORL_CHECKED
TEST_CASE("GroupGate: says that nobody hands over to one that is behind") {
  GroupGate gate(0);
  Sequence first(2), second;
  REQUIRE(join(gate, second, 3));
  Sequence* const upstream[] = {&first};
  const std::string words = whorl_test::dying_words([&] { gate.hand_over(second, upstream); });
  CHECK(words.find("hand over to sequences that the member has followed") != std::string::npos);
}
#endif
