// What a claim does with one thread and with several. biased_claim_steps_test.cpp has the meetings in the middle.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>
#include <whorl/handoff/biased_claim.hpp>
#include <whorl/sync/sync.hpp>

#include "../../support/scale.hpp"

using whorl::BiasedClaim;
using whorl::Claimed;
using whorl::Position;

namespace {

struct FixedGate {
  Position answer = 0;
  Position passed(Position) const noexcept { return answer; }
};

const Position kFirsts[] = {0,
                            (Position{1} << 31) - 2,
                            (Position{1} << 32) - 2,
                            (Position{1} << 62) - 2,
                            (Position{1} << 63) - 2,
                            ~Position{0} - 1};

// By another thread than this one, which stays alive meanwhile.
template <class F>
auto elsewhere(F&& f) {
  decltype(f()) result{};
  std::thread([&] { result = f(); }).join();
  return result;
}

bool is(const Claimed& claimed, Position first, std::size_t count) {
  return claimed.first == first && claimed.count == count;
}

}  // namespace

TEST_CASE("BiasedClaim: alone, it grants each position once, in order, up to the capacity, and stays its owner's") {
  for (const Position first : kFirsts) {
    for (const std::size_t capacity : {1u, 4u}) {
      CAPTURE(first);
      BiasedClaim claim(first, capacity);
      FixedGate gate{first};
      for (Position p = first; p != first + 20; ++p) {
        if (p - gate.answer == capacity) {
          CHECK_FALSE(claim.try_claim(1, 1, gate));
          gate.answer = p;
        }
        CHECK(is(claim.try_claim(1, 1, gate), p, 1));
        CHECK(claim.claimed() == p + 1);
      }
      if (whorl::sync::asymmetric()) CHECK_FALSE(claim.is_shared());
      CHECK_FALSE(claim.is_closed());
    }
  }
}

TEST_CASE("BiasedClaim: its owner asks the gate only when the room it remembers has run out") {
  struct CountingGate {
    Position answer = 0;
    mutable int asked = 0;
    Position passed(Position) const noexcept {
      ++asked;
      return answer;
    }
  };
  BiasedClaim claim(0, 8);
  CountingGate gate;
  for (int i = 0; i < 8; ++i) CHECK(claim.try_claim(1, 1, gate));
  CHECK(gate.asked == 0);
  CHECK_FALSE(claim.try_claim(1, 1, gate));
  CHECK(gate.asked == 1);
  gate.answer = 5;
  for (int i = 0; i < 5; ++i) CHECK(claim.try_claim(1, 1, gate));
  CHECK(gate.asked == 2);
}

TEST_CASE("BiasedClaim: grants between least and most, and less than least not at all, to its owner and to others") {
  for (const bool shared : {false, true}) {
    CAPTURE(shared);
    BiasedClaim claim(0, 8);
    FixedGate gate;
    if (shared) CHECK_FALSE(elsewhere([&] { return claim.try_claim(9, 9, gate); }));
    CHECK(is(claim.try_claim(3, 3, gate), 0, 3));
    if (shared) CHECK(elsewhere([&] { return is(claim.try_claim(1, 1, gate), 3, 1); }));
    const Position at = claim.claimed();
    CHECK_FALSE(claim.try_claim(6, 6, gate));
    CHECK(is(claim.try_claim(1, 100, gate), at, 8 - at));
    CHECK_FALSE(claim.try_claim(1, 100, gate));
    gate.answer = 2;
    CHECK_FALSE(claim.try_claim(3, 5, gate));
    CHECK(is(claim.try_claim(2, 5, gate), 8, 2));
    CHECK_FALSE(claim.try_claim(1, 0, gate));
    CHECK(claim.is_shared() == (shared || !whorl::sync::asymmetric()));
  }
}

TEST_CASE("BiasedClaim: a second thread makes it shared for ever, and the positions go on without a gap") {
  for (const Position first : kFirsts) {
    for (const std::size_t before : {0u, 1u, 3u}) {
      CAPTURE(first);
      CAPTURE(before);
      BiasedClaim claim(first, 16);
      const FixedGate gate{first};
      Position next = first;
      for (std::size_t i = 0; i < before; ++i) CHECK(is(claim.try_claim(1, 1, gate), next++, 1));
      if (before == 0) CHECK_FALSE(claim.try_claim(17, 17, gate));  // makes this thread the owner
      CHECK(elsewhere([&] { return is(claim.try_claim(2, 2, gate), next, 2); }));
      next += 2;
      CHECK(claim.is_shared());
      CHECK(is(claim.try_claim(1, 1, gate), next++, 1));
      CHECK(elsewhere([&] { return is(claim.try_claim(1, 1, gate), next, 1); }));
      CHECK(claim.claimed() == next + 1);
      CHECK(claim.is_shared());
    }
  }
}

TEST_CASE("BiasedClaim: closed before anybody has claimed, it is empty and stays so") {
  for (const Position first : kFirsts) {
    BiasedClaim claim(first, 4);
    for (int i = 0; i < 2; ++i) {
      claim.close();
      CHECK(claim.is_closed());
      CHECK(claim.is_final());
      CHECK(claim.claimed() == first);
      CHECK_FALSE(claim.try_claim(1, 1, FixedGate{first}));
      CHECK_FALSE(elsewhere([&] { return claim.try_claim(1, 4, FixedGate{first}); }));
    }
  }
}

TEST_CASE("BiasedClaim: closed by its owner or by another, it keeps the exact end and grants nothing any more") {
  for (const Position first : kFirsts) {
    for (const std::size_t taken : {1u, 3u, 4u}) {
      for (const bool by_owner : {true, false}) {
        CAPTURE(first);
        CAPTURE(taken);
        CAPTURE(by_owner);
        BiasedClaim claim(first, 4);
        const FixedGate gate{first};
        CHECK(claim.try_claim(taken, taken, gate));
        if (by_owner) {
          claim.close();
        } else {
          std::thread([&] { claim.close(); }).join();
        }
        const FixedGate room{first + taken};  // comes back: too late
        CHECK(claim.is_final());
        CHECK(claim.claimed() == first + taken);
        CHECK_FALSE(claim.try_claim(1, 4, room));
        CHECK_FALSE(elsewhere([&] { return claim.try_claim(1, 1, room); }));
        CHECK(claim.claimed() == first + taken);
      }
    }
  }
}

TEST_CASE("BiasedClaim: threads that come at once get every position once, and miss none") {
  constexpr std::size_t kThreads = 4;
  for (std::uint64_t round = 0; round < whorl_test::scaled(300); ++round) {
    const Position first = kFirsts[round % std::size(kFirsts)];
    const std::size_t each = 1 + round % 50;
    BiasedClaim claim(first, 1024);
    const FixedGate gate{first};
    std::vector<std::vector<Position>> got(kThreads);
    {
      whorl::sync::Atomic<std::size_t> here{0};
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          here.fetch_add(1);
          while (here.load() != kThreads) whorl::sync::yield();
          for (std::size_t k = 0; k < each; ++k) {
            const Claimed claimed = claim.try_claim(1, 1 + k % 3, gate);
            for (std::size_t n = 0; n < claimed.count; ++n) got[i].push_back(claimed.first + n - first);
          }
        });
      }
    }
    std::vector<Position> all;
    for (const auto& some : got) all.insert(all.end(), some.begin(), some.end());
    std::ranges::sort(all);
    bool dense = true;
    for (std::size_t k = 0; k < all.size(); ++k) dense &= all[k] == k;
    REQUIRE(dense);
    REQUIRE(claim.claimed() == first + all.size());
    REQUIRE(claim.is_shared());
  }
}
