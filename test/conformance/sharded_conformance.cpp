// What nobody tests of several shards.

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/sharded_event_processor.hpp>

#include "../support/scale.hpp"
#include "../unit/disruptor/sharded_rings.hpp"
#include "common.hpp"

using namespace whorl_test;
using whorl::ErrorAction;
using whorl::RunEnd;
using whorl::ShardedEventProcessor;
using whorl::ShardPlace;

namespace {

constexpr std::size_t kShards = 4;
using Heads = std::array<std::atomic<std::uint64_t>, kShards>;

// Sees each shard's numbers without a gap, each after `before` has seen it.
struct InOrder {
  const Heads* before = nullptr;
  Heads seen{};
  std::uint64_t wrong = 0;
  template <class Context>
  void operator()(std::uint64_t& event, const Context& context) {
    std::atomic<std::uint64_t>& mine = seen[context.shard];
    const std::uint64_t n = mine.load();
    wrong += event != 100 * context.shard + n || static_cast<std::uint64_t>(context.sequence) != n;
    if (before != nullptr) wrong += (*before)[context.shard].load() <= n;
    mine.store(n + 1);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("new: fifo-per-shard: each shard in its own order, for one consumer and for those that follow it", B,
                   WHORL_CONFORMANCE_SHARDED) {
  using Ring = typename B::template Of<std::uint64_t>;
  using Processor = ShardedEventProcessor<typename Ring::Shard, InOrder&>;
  const std::uint64_t each = sanitized(5'000);
  InOrder one, two, three;
  two.before = &one.seen;
  three.before = &two.seen;
  Ring ring(8 * kShards, kShards);
  Processor first(ring, {}, one);
  Processor second(ring, {&first.sequence()}, two);
  Processor third(ring, {&first.sequence(), &second.sequence()}, three);
  REQUIRE(ring.add_gating(third.sequence()));
  Producers<Ring> producers(ring);
  std::vector<std::thread> consuming, publishing;
  for (Processor* processor : {&first, &second, &third}) {
    consuming.emplace_back([processor] { CHECK(processor->run() == RunEnd::closed); });
  }
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    publishing.emplace_back([&, shard] {
      for (std::uint64_t n = 0; n < each; ++n) {
        while (!producers.publish(shard)) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : publishing) thread.join();
  producers.end();
  for (std::thread& thread : consuming) thread.join();
  for (const InOrder* consumer : {&one, &two, &three}) {
    CHECK(consumer->wrong == 0);
    for (const auto& seen : consumer->seen) CHECK(seen.load() == each);
  }
}

namespace {

// Stumbles over an event, so many times, or over the start of a batch.
struct Stumbler {
  std::uint64_t bad = 0;
  int times = 0;
  int starts = 0;  // that fail
  std::uint64_t released = ~std::uint64_t{0};
  std::string text = {};
  template <class Context>
  void operator()(std::uint64_t& event, const Context& context) {
    const std::uint64_t number = event;
    text += ' ' + std::to_string(number) + (context.end_of_batch ? "." : "");
    if (number == released) context.release(context.sequence);
    if (number == bad && times-- > 0) throw std::runtime_error("again");
  }
  void on_batch_start(std::size_t events, std::size_t) {
    text += " B" + std::to_string(events);
    if (starts-- > 0) throw std::runtime_error("again");
  }
  ErrorAction on_error(const std::exception_ptr&, const std::uint64_t*, ShardPlace) noexcept {
    text += " E";
    return ErrorAction::rewind;
  }
};

template <class B>
std::string rewound(Stumbler stumbler) {
  using Ring = typename B::template Of<std::uint64_t>;
  Ring ring(32, kShards);
  Producers<Ring> producers(ring);
  ShardedEventProcessor<typename Ring::Shard, Stumbler&> processor(ring, {}, stumbler);
  for (const std::size_t shard : {1u, 2u}) REQUIRE(producers.publish(shard, 2));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(processor.sequence().in(1).get() == 1);
  CHECK(processor.sequence().in(2).get() == 1);
  return stumbler.text;
}

}  // namespace

TEST_CASE_TEMPLATE("new: rewind-over-shards: a batch of several comes again as it was, but for what was released", B,
                   WHORL_CONFORMANCE_SHARDED) {
  CHECK(rewound<B>({.bad = 201, .times = 2}) == " B4 100 101 200 201. E B4 100 101 200 201. E B4 100 101 200 201.");
  CHECK(rewound<B>({.bad = 101, .times = 1}) == " B4 100 101 E B4 100 101 200 201.");
  CHECK(rewound<B>({.starts = 2}) == " B4 E B4 E B4 100 101 200 201.");
  CHECK(rewound<B>({.bad = 200, .times = 1, .released = 100}) == " B4 100 101 200 E B3 101 200 201.");
  CHECK(rewound<B>({.bad = 200, .times = 1, .released = 101}) == " B4 100 101 200 E B2 200 201.");
}
