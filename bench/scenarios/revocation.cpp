// revocation: what it costs when a second thread writes to a biased shard for the first time.
//
//     +----------+   push(u64), all the time                +-----------------------+
//     |  owner   | ---------------------------------------> | a biased shard,       |
//     |  CPU 2   |                                          | 65,536 items          |
//     +----------+                                          |                       |
//     +----------+   one push, the first of this thread     |                       |
//     | stranger | ---------------------------------------> |                       |
//     |  CPU 1   |                                          +-----------------------+
//     +----------+
//
// The figure is what both lose together: the stranger's push, and the owner's longest gap between two pushes from just
// before it to just after. A sample is the median of 16 rings, each revoked once, as a shard is. Of a sample's figures
// "stranger" and "owner" are the medians of the parts.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>
#include <whorl/sync/config.hpp>

#include "../driver/clock.hpp"
#include "../driver/ledger.hpp"
#include "../driver/summary.hpp"
#include "../driver/team.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
using Ring = whorl::ShardedRing<Item>;

constexpr std::size_t kCapacity = 65536;
constexpr std::size_t kRings = 16;
constexpr std::uint64_t kBefore = 500;  // pushes of the owner before the stranger comes, and after it has been
constexpr std::uint64_t kMostPushes = kCapacity - 1;

// One ring, and what two threads find out about it.
struct alignas(whorl::kCacheLine) Case {
  Ring ring{kCapacity, 1};
  alignas(whorl::kCacheLine) std::atomic<std::uint64_t> pushed{0};  // by the owner
  alignas(whorl::kCacheLine) std::atomic<bool> revoked{false};      // the stranger has been
  std::array<Sent, 2> sent{};                                       // of the owner and of the stranger
  std::vector<std::int64_t> pushed_at;                              // by the owner
  std::int64_t begin = 0;                                           // of the stranger's push
  std::int64_t end = 0;

  void own() {
    pushed_at.reserve(kMostPushes);
    std::uint64_t left = kBefore;  // pushes after the stranger has been
    for (Tag tag = first_tag(0); left != 0 && pushed_at.size() < kMostPushes; ++tag) {
      if (!ring.try_write(0, make_item<Item>(tag))) break;
      pushed_at.push_back(now_ns());
      pushed.store(pushed_at.size(), std::memory_order_relaxed);
      if (revoked.load(std::memory_order_relaxed)) --left;
    }
    sent[0].accepted = pushed_at.size();
  }

  void intrude() {
    while (pushed.load(std::memory_order_relaxed) < kBefore) whorl::sync::pause();
    begin = now_ns();
    sent[1].accepted = ring.try_write(0, make_item<Item>(first_tag(1))) ? 1 : 0;
    end = now_ns();
    revoked.store(true, std::memory_order_relaxed);
  }

  double stranger_ns() const { return static_cast<double>(end - begin); }
  // The longest gap that reaches into the time of the stranger's push.
  double owner_ns() const {
    std::int64_t longest = 0;
    for (std::size_t i = 1; i < pushed_at.size(); ++i) {
      if (pushed_at[i] > begin && pushed_at[i - 1] < end) longest = std::max(longest, pushed_at[i] - pushed_at[i - 1]);
    }
    return static_cast<double>(longest);
  }
};

Outcome sample(const Stage& stage) {
  Outcome outcome;
  std::vector<double> both;
  std::vector<double> stranger;
  std::vector<double> owner;
  for (std::size_t i = 0; i < kRings; ++i) {
    const auto one = std::make_unique<Case>();
    run_team({{stage.cpus.first, [&] { one->intrude(); }}, {stage.cpus.second, [&] { one->own(); }}}, stage.real_time);
    Ledger<2> ledger;
    while (one->ring.try_consume([&](Item item) { ledger.enter(item); }, kCapacity) != 0) {
    }
    ledger.verify(one->sent);
    if (one->sent[1].accepted != 1) throw VerificationError("the stranger's push found no room");
    outcome.accepted += one->sent[0].accepted + 1;
    outcome.delivered += ledger.count();
    stranger.push_back(one->stranger_ns());
    owner.push_back(one->owner_ns());
    both.push_back(stranger.back() + owner.back());
  }
  outcome.figure = spread_of(std::move(both)).median;
  outcome.others = {spread_of(std::move(stranger)).median, spread_of(std::move(owner)).median};
  return outcome;
}

Scenario make() {
  Scenario scenario{.id = "revocation",
                    .summary = "a second thread writes to a biased shard while its owner pushes; ns that both lose",
                    .entries = {},
                    .missing = {}};
  scenario.entries.push_back({.contender = "whorl/biased",
                              .producers = Producers::kAny,
                              .parameters = {{"figure", "both"}},
                              .unit = Unit::kNanoseconds,
                              .capacity = kCapacity,
                              .pinned = true,
                              .threads = 2,
                              .sample = sample,
                              .cost_ms = 60,
                              .least_samples = 5});
  scenario.also_reports("stranger", Unit::kNanoseconds);
  scenario.also_reports("owner", Unit::kNanoseconds);
  return scenario;
}

}  // namespace

Listing revocation() { return {{"revocation", make}}; }

}  // namespace bench
