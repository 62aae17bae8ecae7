// memory_c1024, memory_c65536: what each structure takes from the allocator, for one producer and 8-byte items.
//
//     bytes = in use after it was made and filled - in use before; its own object is one of the allocations
//
// As glibc counts, malloc's own overhead included; on a new thread, for what an old one has freed it may have kept, and
// glibc counts that as in use. Filled, because some allocate as they go. tbb/bounded has an allocator of
// its own: what that takes from the system comes in pieces that hold more than one queue, so it is left out.

#include <malloc.h>

#include <cstdint>
#include <memory>
#include <string>

#include "../driver/ledger.hpp"
#include "../driver/team.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;

std::size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

template <class Queue, std::size_t kCapacity>
struct Filled {
  std::size_t bytes = 0;
  Sent sent;
  Ledger<1> ledger;

  void measure() {
    const std::size_t before = bytes_in_use();
    const auto queue = std::make_unique<Queue>(Shape{kCapacity, 1});
    {
      auto producer = queue->producer(0);
      Tag tag = first_tag(0);
      while (sent.accepted < kCapacity && producer.try_push(make_item<Item>(tag++))) ++sent.accepted;
      bytes = bytes_in_use() - before;
    }
    while (queue->consume([this](Item item) { ledger.enter(item); }, kMostPerCall) != 0) {
    }
  }
};

template <class Queue, std::size_t kCapacity>
Outcome sample(const Stage& /*stage*/) {
  Filled<Queue, kCapacity> filled;
  run_team({{kAnyCpu, [&] { filled.measure(); }}}, false);
  filled.ledger.verify({filled.sent});
  if (filled.bytes < filled.sent.accepted * sizeof(Item)) {
    throw VerificationError("its memory does not come from malloc: " + std::to_string(filled.bytes) + " bytes");
  }
  return {.figure = static_cast<double>(filled.bytes),
          .accepted = filled.sent.accepted,
          .delivered = filled.ledger.count()};
}

template <std::size_t kCapacity>
Scenario memory_of(const std::string& id) {
  using Contenders =
      Joined<Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlBiased<Item>, WhorlShared1<Item>, WhorlShared4<Item>,
                    BoostQueue<Item>, MoodycamelTokens<Item, kCapacity>, MoodycamelPlain<Item, kCapacity>,
                    UrcuWfcqueue<Item>, LibcdsVyukov<Item>, MutexRing<Item>, AbslMutexDeque<Item>>,
             DpdkForMany<Item>, PeersForOne<Item>>;
  Scenario scenario{.id = id,
                    .summary = "memory of a structure for " + std::to_string(kCapacity) + " items of 8 bytes",
                    .entries = {},
                    .missing = {}};
  for_each_contender(scenario, Contenders{}, [&]<class Queue>() {
    scenario.entries.push_back({.contender = Queue::kName,
                                .producers = Queue::kProducers,
                                .parameters = {{"items", std::to_string(kCapacity)}},
                                .unit = Unit::kBytes,
                                .capacity = Queue(Shape{kCapacity, 1}).capacity(),
                                .pinned = false,
                                .threads = 1,
                                .sample = sample<Queue, kCapacity>,
                                .placed = false,
                                .cost_ms = 3,
                                .least_samples = 1,
                                .most_samples = 1});
  });
  return scenario;
}

template <std::size_t kCapacity>
Listed listed() {
  const std::string id = "memory_c" + std::to_string(kCapacity);
  return {id, [=] { return memory_of<kCapacity>(id); }};
}

}  // namespace

Listing memory() { return {listed<1024>(), listed<65536>()}; }

}  // namespace bench
