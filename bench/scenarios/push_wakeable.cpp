// push_wakeable: what it costs a producer that the consumer may be asleep.
//
//     +----------+   push(u64)   +--------------------------+   wait_readable(how), try_consume    +----------+
//     | producer | ------------> | 65,536 items, never full | -----------------------------------> | consumer |
//     |  CPU 2   |               +--------------------------+                                      |  CPU 1   |
//     +----------+                                                                                 +----------+
//
// whorl/wakeable waits with BlockingWait, which spins, yields, and then sleeps in the kernel until a push wakes it;
// whorl/leased with BusySpinWait, which never sleeps. Everything else is the same source. The pushes alone are timed, in
// bursts, while the consumer takes what is there. Before each come some that are not timed: they may find the consumer
// asleep, and wake it; the burst begins when it has taken them.

#include <array>
#include <cstdint>
#include <whorl/ring/sharded_ring.hpp>

#include "../driver/clock.hpp"
#include "../driver/ledger.hpp"
#include "../driver/team.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
using Ring = whorl::ShardedRing<Item, whorl::Exclusive>;

constexpr std::size_t kCapacity = 65536;
constexpr std::uint64_t kUntimed = 1'000;  // before each burst
constexpr std::uint64_t kTimed = 32'000;   // of each burst
constexpr std::int64_t kEnoughNs = 3'000'000;
constexpr int kMostBursts = 64;

// Pushes so many items from `tag` on; the tag after the last one that was accepted.
[[gnu::noinline]] Tag push(Ring::Lease& lease, Tag tag, std::uint64_t count) {
  for (; count != 0 && lease.try_write(tag); --count) ++tag;
  return tag;
}

void wait_until_empty(const Ring& ring) {
  while (ring.size_approx() != 0) whorl::sync::pause();
}

// The figure is in ns a push.
double push_in_bursts(Ring& ring, Sent& sent) {
  auto lease = ring.lease();
  std::int64_t measured_ns = 0;
  std::uint64_t measured = 0;
  Tag tag = first_tag(0);
  bool refused = false;
  for (int burst = 0; burst < kMostBursts && measured_ns < kEnoughNs && !refused; ++burst) {
    const Tag wanted = tag + kUntimed + kTimed;
    tag = push(*lease, tag, kUntimed);
    wait_until_empty(ring);
    const std::int64_t begin = now_ns();
    tag = push(*lease, tag, kTimed);
    measured_ns += now_ns() - begin;
    measured += kTimed;
    refused = tag != wanted;
    sent.refused += wanted - tag;
    wait_until_empty(ring);
  }
  sent.accepted = tag - first_tag(0);
  lease.reset();
  ring.close();
  return static_cast<double>(measured_ns) / static_cast<double>(measured);
}

template <whorl::WaitStrategy W>
Outcome sample_pushes(const Stage& stage) {
  constexpr std::size_t kMost = 256;
  Ring ring(kCapacity, 1);
  std::array<Sent, 1> sent;
  Ledger<1> ledger;
  Outcome outcome;
  const auto receive = [&] {
    Ledger<1> books;
    while (ring.wait_readable(W{}) == whorl::ReadResult::ready) {
      ring.try_consume([&](Item item) { books.enter(item); }, kMost);
    }
    ledger = books;
  };
  run_team({{stage.cpus.first, receive}, {stage.cpus.second, [&] { outcome.figure = push_in_bursts(ring, sent[0]); }}},
           stage.real_time);
  ledger.verify(sent);
  if (sent[0].refused != 0) throw VerificationError(std::to_string(sent[0].refused) + " pushes found no room");
  outcome.accepted = sent[0].accepted;
  outcome.delivered = ledger.count();
  return outcome;
}

Scenario make() {
  Scenario scenario{.id = "push_wakeable",
                    .summary = "1 producer -> 1 consumer that may sleep or never does; ns of a push of 8 bytes",
                    .entries = {},
                    .missing = {}};
  const auto add = [&]<whorl::WaitStrategy W>(const char* contender, const char* wait) {
    scenario.entries.push_back({.contender = contender,
                                .producers = Producers::kOneEach,
                                .parameters = {{"consumer", wait}},
                                .unit = Unit::kNanoseconds,
                                .capacity = kCapacity,
                                .pinned = true,
                                .threads = 2,
                                .sample = sample_pushes<W>,
                                .cost_ms = 15});
  };
  add.operator()<whorl::BlockingWait>("whorl/wakeable", "BlockingWait");
  add.operator()<whorl::BusySpinWait>("whorl/leased", "BusySpinWait");
  return scenario;
}

}  // namespace

Listing push_wakeable() { return {{"push_wakeable", make}}; }

}  // namespace bench
