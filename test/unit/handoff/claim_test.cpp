#include <doctest/doctest.h>

#include <string>
#include <whorl/handoff/claim.hpp>

#include "../../support/death.hpp"

using whorl::Claimed;
using whorl::ExclusiveClaim;
using whorl::Position;
using whorl::SharedClaim;

namespace {

// Says what it is told to, and how often it was asked.
struct CountingGate {
  Position answer = 0;
  mutable int asked = 0;
  mutable Position claim = 0;
  Position passed(Position claimed) const noexcept {
    ++asked;
    claim = claimed;
    return answer;
  }
};
static_assert(whorl::Gate<CountingGate>);

}  // namespace

#define CHECK_CLAIM(expression, expected_first, expected_count) \
  do {                                                          \
    const Claimed claimed_now = (expression);                   \
    CHECK(claimed_now.first == (expected_first));               \
    CHECK(claimed_now.count == (expected_count));               \
  } while (false)

TEST_CASE_TEMPLATE("claim: grants each position once, in order, up to the capacity", C, ExclusiveClaim, SharedClaim) {
  for (const Position first : {Position{0}, (Position{1} << 62) - 2, (Position{1} << 63) - 2, ~Position{0} - 1}) {
    CAPTURE(first);
    C claim(first, 4);
    const CountingGate gate{first};
    for (Position k = 0; k < 4; ++k) CHECK_CLAIM(claim.try_claim(1, 1, gate), first + k, 1);
    CHECK_FALSE(claim.try_claim(1, 1, gate));
    CHECK(claim.claimed() == first + 4);
  }
}

TEST_CASE_TEMPLATE("claim: asks the gate only when the room it remembers has run out", C, ExclusiveClaim, SharedClaim) {
  C claim(0, 8);
  CountingGate gate;
  for (int i = 0; i < 8; ++i) CHECK(claim.try_claim(1, 1, gate));
  CHECK(gate.asked == 0);
  CHECK_FALSE(claim.try_claim(1, 1, gate));
  CHECK(gate.asked == 1);
  CHECK(gate.claim == 8);
  gate.answer = 5;
  for (int i = 0; i < 5; ++i) CHECK(claim.try_claim(1, 1, gate));
  CHECK(gate.asked == 2);
}

TEST_CASE_TEMPLATE("claim: grants between least and most, and less than least not at all", C, ExclusiveClaim,
                   SharedClaim) {
  C claim(0, 8);
  CountingGate gate;
  CHECK_CLAIM(claim.try_claim(3, 3, gate), 0, 3);
  CHECK_CLAIM(claim.try_claim(1, 100, gate), 3, 5);
  CHECK_FALSE(claim.try_claim(1, 100, gate));
  gate.answer = 2;
  CHECK_FALSE(claim.try_claim(3, 5, gate));
  CHECK(claim.claimed() == 8);
  CHECK_CLAIM(claim.try_claim(2, 5, gate), 8, 2);
}

TEST_CASE_TEMPLATE("claim: a claim of at most nothing takes nothing", C, ExclusiveClaim, SharedClaim) {
  C claim(0, 2);
  const CountingGate gate;
  CHECK_FALSE(claim.try_claim(1, 0, gate));
  CHECK(claim.claimed() == 0);
  CHECK(gate.asked == 0);
}

TEST_CASE("ExclusiveClaim: has one owner at a time, and the next goes on where the last one stopped") {
  ExclusiveClaim claim(0, 8);
  const CountingGate gate;
  REQUIRE(claim.try_own());
  CHECK_FALSE(claim.try_own());
  CHECK_CLAIM(claim.try_claim(3, 3, gate), 0, 3);
  claim.disown();
  REQUIRE(claim.try_own());
  CHECK_CLAIM(claim.try_claim(1, 1, gate), 3, 1);
}

TEST_CASE("ExclusiveClaim: forgets its last claim, or the tail of it, and grants those positions again") {
  ExclusiveClaim claim(0, 8);
  const CountingGate gate;
  CHECK_CLAIM(claim.try_claim(5, 5, gate), 0, 5);
  claim.forget({2, 3});
  CHECK(claim.claimed() == 2);
  CHECK_CLAIM(claim.try_claim(1, 8, gate), 2, 6);
  CHECK(gate.asked == 1);  // 8 were asked for, and 6 remembered
}

TEST_CASE("ExclusiveClaim: only the last claim can be forgotten" * doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    ExclusiveClaim claim(0, 8);
    const Claimed older = claim.try_claim(1, 1, CountingGate{});
    (void)claim.try_claim(1, 1, CountingGate{});
    claim.forget(older);
  });
  CHECK(words.find("only the last claim can be forgotten") != std::string::npos);
}

TEST_CASE("ExclusiveClaim: closed, it grants nothing and takes no owner, but is final only when its owner has left") {
  ExclusiveClaim claim(0, 8);
  const CountingGate gate;
  REQUIRE(claim.try_own());
  CHECK(claim.try_claim(1, 1, gate));
  CHECK_FALSE(claim.is_closed());
  for (int i = 0; i < 2; ++i) {  // a second close changes nothing
    claim.close();
    CHECK(claim.is_closed());
    CHECK_FALSE(claim.is_final());
    CHECK_FALSE(claim.try_claim(1, 1, gate));
  }
  claim.disown();
  CHECK(claim.is_final());
  CHECK(claim.claimed() == 1);
  CHECK_FALSE(claim.try_own());
}

TEST_CASE("ExclusiveClaim: without an owner it is final as soon as it is closed, and not before") {
  ExclusiveClaim claim(0, 8);
  CHECK_FALSE(claim.is_final());
  claim.close();
  CHECK(claim.is_final());
}

TEST_CASE("SharedClaim: closed, it grants nothing and keeps the exact end, however often and wherever it is closed") {
  for (const Position first : {Position{0}, (Position{1} << 62) - 2, (Position{1} << 63) - 2, ~Position{0} - 1}) {
    for (const std::size_t taken : {0u, 3u, 8u}) {
      CAPTURE(first);
      CAPTURE(taken);
      SharedClaim claim(first, 8);
      CountingGate gate{first};
      for (std::size_t i = 0; i < taken; ++i) CHECK(claim.try_claim(1, 1, gate));
      CHECK_FALSE(claim.is_closed());
      for (int i = 0; i < 3; ++i) {
        claim.close();
        CHECK(claim.is_closed());
        CHECK(claim.is_final());
        CHECK(claim.claimed() == first + taken);
        CHECK_FALSE(claim.try_claim(1, 1, gate));
      }
      gate.answer = first + taken;  // room comes back: too late
      CHECK_FALSE(claim.try_claim(1, 8, gate));
      CHECK(claim.claimed() == first + taken);
    }
  }
}

TEST_CASE("SharedClaim: a gate that answers with an older position than before costs room, never too much of it") {
  SharedClaim claim(0, 4);
  CountingGate gate;
  CHECK(claim.try_claim(4, 4, gate));
  gate.answer = 3;
  CHECK_CLAIM(claim.try_claim(1, 1, gate), 4, 1);
  gate.answer = 2;  // what a producer preempted between its question and its store would bring
  CHECK_CLAIM(claim.try_claim(1, 4, gate), 5, 1);
  CHECK_FALSE(claim.try_claim(1, 1, gate));
}
