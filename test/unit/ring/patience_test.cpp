// Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which records every step instead of waiting.

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>
#include <whorl/ring/patience.hpp>
#include <whorl/ring/sharded_ring.hpp>

using namespace std::chrono_literals;
using namespace whorl;
namespace seam = whorl::sync;
using Naps = std::vector<std::chrono::nanoseconds>;

namespace {

// A write whose tries, of which `tries` counts, are answered by `answer` from number `from` on, and fail before that.
struct Write {
  int from = 1 << 30;
  WriteResult answer = WriteResult::ok;
  int tries = 0;
  std::uint64_t backoffs = 0;
  EventCount room{EventCount::Payer::both};

  template <Patience P>
  WriteResult run(const P& patience, const Until& until = {}) {
    const auto attempt = [&] { return ++tries < from ? WriteResult::full : answer; };
    return detail::write_patiently(patience, room, until, backoffs, attempt);
  }
};

constexpr WriteWait kAllWaits[] = {WriteWait::none,        WriteWait::spin,     WriteWait::yield, WriteWait::sleep,
                                   WriteWait::exponential, WriteWait::adaptive, WriteWait::park};

std::string steps(char letter, std::size_t n) { return std::string(n, letter); }

}  // namespace

TEST_CASE("patience: a write gives up after so many rounds of so many tries, with a wait between two rounds") {
  for (const WriteWait wait : kAllWaits) {
    for (const unsigned retries : {1u, 2u, 10u}) {
      for (const std::uint64_t rounds : {1u, 2u, 7u}) {
        seam::start_over();
        Write write;
        CHECK(write.run(WritePolicy{.wait = wait, .max_retries = retries, .max_backoffs = rounds}) ==
              WriteResult::full);
        CHECK(write.tries == static_cast<int>(retries * rounds));
        CHECK(write.backoffs == rounds - 1);
        CHECK(seam::trace.size() == (wait == WriteWait::none ? 0 : rounds - 1));
      }
    }
  }
}

TEST_CASE("patience: a round is one try at least") {
  seam::start_over();
  Write write;
  CHECK(write.run(WritePolicy{.wait = WriteWait::spin, .max_retries = 0, .max_backoffs = 3}) == WriteResult::full);
  CHECK(write.tries == 3);
}

TEST_CASE(
    "patience: the first try that is taken, or finds the ring closed, is the last, in the middle of a round too") {
  for (const WriteWait wait : kAllWaits) {
    for (const WriteResult answer : {WriteResult::ok, WriteResult::closed}) {
      for (const int from : {1, 2, 3, 4, 30}) {
        seam::start_over();
        Write write{.from = from, .answer = answer};
        CHECK(write.run(WritePolicy{.wait = wait, .max_retries = 3}) == answer);
        CHECK(write.tries == from);
        CHECK(write.backoffs == static_cast<std::uint64_t>((from - 1) / 3));
      }
    }
  }
}

TEST_CASE("patience: what is taken in the last round is written, not given up") {
  seam::start_over();
  Write write{.from = 6};
  CHECK(write.run(WritePolicy{.wait = WriteWait::yield, .max_retries = 3, .max_backoffs = 2}) == WriteResult::ok);
}

TEST_CASE("patience: a deadline or a stop ends the wait, and one that has come already leaves one round") {
  for (const WriteWait wait : kAllWaits) {
    seam::start_over();
    const WritePolicy policy{.wait = wait, .max_retries = 2};
    Write over, stopped;
    CHECK(over.run(policy, 0ns) == WriteResult::timed_out);
    CHECK(over.tries == 2);
    CHECK(over.backoffs == 0);
    std::stop_source source;
    source.request_stop();
    CHECK(stopped.run(policy, source.get_token()) == WriteResult::stopped);
    CHECK(stopped.tries == 2);
    CHECK(seam::trace.empty());
    seam::look_time = 10us;
    Write later;
    CHECK(later.run(policy, 1ms) == WriteResult::timed_out);
    CHECK(later.tries > 2);
    CHECK(seam::time_now >= 1000s + 1ms);
  }
}

TEST_CASE("patience: each wait of a policy is the strategy of that name") {
  const auto trace_of = [](WritePolicy policy, std::uint64_t rounds) {
    seam::start_over();
    policy.max_backoffs = rounds;
    CHECK(Write{}.run(policy) == WriteResult::full);
    return seam::trace;
  };
  CHECK(trace_of({.wait = WriteWait::none}, 1000) == "");
  CHECK(trace_of({.wait = WriteWait::spin}, 1000) == steps('p', 999));
  CHECK(trace_of({.wait = WriteWait::yield}, 1000) == steps('p', 100) + steps('y', 899));
  CHECK(trace_of({.wait = WriteWait::sleep, .pause = 7us}, 4) == "sss");
  CHECK(seam::naps == Naps{7us, 7us, 7us});
  CHECK(trace_of({.wait = WriteWait::exponential, .pause = 7us, .longest_pause = 40us, .growth = 3, .jitter = 0}, 5) ==
        "ssss");
  CHECK(seam::naps == Naps{7us, 21us, 40us, 40us});
  CHECK(trace_of({.wait = WriteWait::adaptive, .pause = 7us, .warm = 2, .idle = 3}, 8) == "yyyyyss");
  CHECK(seam::naps == Naps{7us, 7us});
}

TEST_CASE("patience: a write that stays on its shard sleeps until it is woken, one that goes elsewhere looks again") {
  seam::start_over();
  Write write{.from = 150};
  seam::on_park = [&] { write.room.notify(); };
  CHECK(write.run(WritePolicy{.wait = WriteWait::park, .pause = 7us}) == WriteResult::ok);
  CHECK(seam::trace.starts_with(steps('p', 100) + steps('y', 10) + "kk"));
  CHECK(seam::naps.empty());
  seam::start_over();
  Write elsewhere{.from = 150};
  CHECK(elsewhere.run(WritePolicy{.shards = ShardChoice::round_robin, .wait = WriteWait::park, .pause = 7us}) ==
        WriteResult::ok);
  CHECK(seam::trace.starts_with(steps('p', 100) + steps('y', 10) + "kk"));
  for (const auto nap : seam::naps) CHECK(nap == 7us);
  CHECK(seam::naps.size() == elsewhere.room.sleeps());
}

TEST_CASE("patience: a wait strategy alone is one try a round, for as long as it takes") {
  seam::start_over();
  Write write{.from = 500};
  CHECK(write.run(BusySpinWait{}) == WriteResult::ok);
  CHECK(write.tries == 500);
  CHECK(write.backoffs == 499);
  CHECK(seam::trace == steps('p', 499));
}

TEST_CASE("patience: every write begins anew") {
  const WritePolicy policy{.wait = WriteWait::adaptive, .max_retries = 2, .max_backoffs = 20, .warm = 3, .idle = 4};
  for (int round = 0; round < 3; ++round) {
    seam::start_over();
    Write write;
    CHECK(write.run(policy) == WriteResult::full);
    CHECK(write.tries == 40);
    CHECK(seam::trace == steps('y', 7) + steps('s', 12));
  }
}

TEST_CASE("backoffs are waits between two rounds, also when they are sleeps") {
  whorl::ShardedRing<int> ring(1, 1);
  CHECK(ring.try_write(0, 1));
  const whorl::BlockingWait sleeps{.spins = 0, .yields = 0, .longest_sleep = std::chrono::milliseconds(1)};
  CHECK(ring.write(0, 2, sleeps, std::chrono::milliseconds(20)) == whorl::WriteResult::timed_out);
  CHECK(ring.stats().backoffs == ring.stats().parks);
}
