// Threads that meet in the middle of a claim, one of them played by the other. Built with WHORL_SYNC_HEADER =
// support/counting_seam.hpp, which says who the thread is and counts what it pays.

#include <doctest/doctest.h>

#include <functional>
#include <whorl/handoff/biased_claim.hpp>

using whorl::BiasedClaim;
using whorl::Claimed;
using whorl::Position;
namespace seam = whorl::sync;

namespace {

constexpr seam::ThreadId kOwner = 100, kStranger = 200, kThird = 300;

// Lets something happen while it is asked: a claimer asks it after it has read where it stands.
struct Meeting {
  Position answer = 0;
  std::function<void()> meanwhile;
  Position passed(Position) const noexcept {
    if (meanwhile) meanwhile();
    return answer;
  }
};
static_assert(whorl::Gate<Meeting>);

Claimed claim_as(seam::ThreadId thread, BiasedClaim& claim, const Meeting& gate, std::size_t least = 1,
                 std::size_t most = 1) {
  const seam::ThreadId before = std::exchange(seam::thread_now, thread);
  const Claimed claimed = claim.try_claim(least, most, gate);
  seam::thread_now = before;
  return claimed;
}

bool is(const Claimed& claimed, Position first, std::size_t count) {
  return claimed.first == first && claimed.count == count;
}

}  // namespace

TEST_CASE("BiasedClaim: its owner pays a light barrier for each claim, and a stranger a heavy one, once") {
  seam::start_over();
  BiasedClaim claim(0, 64);
  const Meeting gate;
  for (int i = 1; i <= 10; ++i) {
    CHECK(claim_as(kOwner, claim, gate));
    CHECK(seam::light_barriers == i);
  }
  CHECK(seam::heavy_barriers + seam::full_barriers == 0);
  CHECK(is(claim_as(kStranger, claim, gate), 10, 1));
  CHECK(seam::heavy_barriers == 1);
  CHECK(is(claim_as(kOwner, claim, gate), 11, 1));
  CHECK(is(claim_as(kThird, claim, gate), 12, 1));
  CHECK(seam::heavy_barriers == 1);
  CHECK(seam::light_barriers == 10);
}

TEST_CASE("BiasedClaim: where barriers cannot be one-sided it is shared from the start") {
  seam::start_over();
  seam::one_sided = false;
  BiasedClaim claim(~Position{0}, 4);
  const Meeting gate{~Position{0}, nullptr};
  CHECK(claim.is_shared());
  CHECK(is(claim_as(kOwner, claim, gate), ~Position{0}, 1));
  CHECK(is(claim_as(kStranger, claim, gate), 0, 1));
  CHECK(claim.claimed() == 1);
  claim.close();
  CHECK(claim.is_closed());
  CHECK(claim.claimed() == 1);
  CHECK(seam::heavy_barriers + seam::light_barriers + seam::full_barriers == 0);
}

TEST_CASE("BiasedClaim: an owner that is overtaken in the middle of a claim claims again, behind the stranger") {
  for (const Position first : {Position{0}, (Position{1} << 62) - 5, (Position{1} << 63) - 5, ~Position{0} - 4}) {
    CAPTURE(first);
    seam::start_over();
    BiasedClaim claim(first, 4);
    const Meeting quiet{first + 4, nullptr};
    CHECK(is(claim_as(kOwner, claim, quiet, 4, 4), first, 4));
    Claimed strangers;
    const Meeting overtaken{first + 4, [&] {
                              if (!strangers) strangers = claim_as(kStranger, claim, quiet);
                            }};
    CHECK(is(claim_as(kOwner, claim, overtaken), first + 5, 1));
    CHECK(is(strangers, first + 4, 1));
    CHECK(claim.is_shared());
    CHECK(claim.claimed() == first + 6);
    CHECK(is(claim_as(kThird, claim, quiet, 1, 4), first + 6, 2));
  }
}

TEST_CASE("BiasedClaim: an owner that is overtaken takes less if that is what is left, or nothing") {
  for (const std::size_t taken : {1u, 3u, 4u}) {
    CAPTURE(taken);
    seam::start_over();
    BiasedClaim claim(0, 4);
    const Meeting quiet{4, nullptr};
    CHECK(claim_as(kOwner, claim, quiet, 4, 4));
    bool met = false;
    const Meeting overtaken{4, [&] {
                              if (!std::exchange(met, true)) CHECK(claim_as(kStranger, claim, quiet, taken, taken));
                            }};
    const Claimed rest = claim_as(kOwner, claim, overtaken, 1, 4);
    CHECK(rest.count == 4 - taken);
    if (rest) CHECK(rest.first == 4 + taken);
    CHECK(claim.claimed() == 8);
  }
}

TEST_CASE(
    "BiasedClaim: an owner whose claim is closed in the middle of it gets nothing, and the end is what was before") {
  seam::start_over();
  BiasedClaim claim(0, 4);
  CHECK(claim_as(kOwner, claim, Meeting{}, 4, 4));
  const Meeting closing{4, [&] { claim.close(); }};
  CHECK_FALSE(claim_as(kOwner, claim, closing));
  CHECK(claim.is_final());
  CHECK(claim.claimed() == 4);
  CHECK_FALSE(claim_as(kOwner, claim, Meeting{4, nullptr}));
  CHECK(claim.claimed() == 4);
}

TEST_CASE("BiasedClaim: a thread that has the identity of one that has ended goes on with its claim") {
  seam::start_over();
  BiasedClaim claim(7, 8);
  const Meeting gate{7, nullptr};
  CHECK(is(claim_as(kOwner, claim, gate, 3, 3), 7, 3));
  CHECK(is(claim_as(kOwner, claim, gate), 10, 1));
  CHECK_FALSE(claim.is_shared());
}
