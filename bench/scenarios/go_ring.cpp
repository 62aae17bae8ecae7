// go_*: the benchmarks of randomizedcoder/go-lock-free-ring that one thread can do, on whorl's ring; whorl alone.
//
//     +----------+ --try_write(id, u64)--> [ shard 0 .. n ] --+
//     | a thread |                                            |
//     |  CPU 1   | <------ try_read, try_read_some -----------+
//     +----------+
//
//     go_write            a write into a ring that is never full; one shard of 65,536 items
//     go_write_full       a write into a full shard, which is refused
//     go_write_read       a write and a read, the ids going round; 1, 4, 8, 32 shards
//     go_read_empty       a read that finds nothing; 1, 8, 32 shards
//     go_read_batch       a call that reads 10, 100, 1,000 items; 8 shards
//     go_writer           a write through a Writer of each policy, and a read; 8 shards, never full
//
// In ns each. The original's list goes on with several threads: those are contention_*, shards_* and padding_* here, where
// there is one consumer. The original's own have several, which its ring does not allow, and most of its writes were refused.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../driver/clock.hpp"
#include "../driver/ledger.hpp"
#include "../driver/team.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
template <class Kind>
using Ring = whorl::ShardedRing<Item, Kind>;

constexpr std::size_t kCapacity = 65536;

// A ring, and the books of the one thread that uses it.
template <class Kind, std::size_t kShards>
struct Bench {
  Ring<Kind> ring{kCapacity, kShards};
  Ledger<1, kShards> books;
  Sent sent;

  // Writes the next item; its number is the id, so that the shards take turns.
  bool write() { return count(ring.try_write(sent.accepted, first_tag(0) + sent.accepted)); }
  bool count(bool written) {
    ++(written ? sent.accepted : sent.refused);
    return written;
  }
  void write_all(std::uint64_t items) {
    while (items != 0 && write()) --items;
  }
  void read() {
    if (const auto item = ring.try_read()) books.enter(*item);
  }
  void drain() {
    while (ring.try_consume([&](Item item) { books.enter(item); }, kCapacity) != 0) {
    }
  }
};

// The time of body(bench), which does something `times` times; prepare(bench) comes before it, and is not timed. All is done
// twice: the first time touches the memory.
template <class B, class Prepare, class Body>
Outcome time_alone(const Stage& stage, std::uint64_t times, Prepare&& prepare, Body&& body) {
  B bench;
  double elapsed_ns = 0;
  const auto work = [&] {
    for (int round = 0; round < 2; ++round) {
      prepare(bench);
      const std::int64_t begin = now_ns();
      body(bench);
      elapsed_ns = static_cast<double>(now_ns() - begin);
      bench.drain();
    }
  };
  run_team({{stage.cpus.first, work}}, stage.real_time);
  bench.books.verify({bench.sent});
  return {.figure = elapsed_ns / static_cast<double>(times),
          .accepted = bench.sent.accepted,
          .delivered = bench.books.count(),
          .refused = bench.sent.refused};
}

constexpr auto kNothing = [](auto&) {};

template <class Step>
auto repeated(std::uint64_t times, Step step) {
  return [=](auto& bench) {
    for (std::uint64_t i = 0; i < times; ++i) step(bench);
  };
}

// Adds the rows of both kinds of shard. sample.operator()<B>(stage) takes a sample.
template <std::size_t kShards, class Sample>
void add(Scenario& scenario, Parameters parameters, Sample sample) {
  parameters.emplace_back("shards", std::to_string(kShards));
  const auto one = [&]<class Kind>(const char* contender) {
    scenario.entries.push_back(
        {.contender = contender,
         .producers = Producers::kAny,
         .parameters = parameters,
         .unit = Unit::kNanoseconds,
         .capacity = kCapacity,
         .pinned = true,
         .threads = 1,
         .sample = [=](const Stage& stage) { return sample.template operator()<Bench<Kind, kShards>>(stage); },
         .placed = false,
         .cost_ms = 6});
  };
  one.template operator()<whorl::Biased>("whorl/biased");
  one.template operator()<whorl::Shared>("whorl/shared");
}

Scenario named(const char* id, const char* summary) {
  return {.id = id, .summary = summary, .entries = {}, .missing = {}};
}

constexpr std::uint64_t kWrites = 60'000;

Scenario go_write() {
  Scenario scenario = named("go_write", "1 thread: ns of a write into a ring with room");
  add<1>(scenario, {}, []<class B>(const Stage& stage) {
    return time_alone<B>(stage, kWrites, kNothing, repeated(kWrites, [](B& bench) { bench.write(); }));
  });
  return scenario;
}

constexpr std::uint64_t kRefusals = 500'000;

Scenario go_write_full() {
  Scenario scenario = named("go_write_full", "1 thread: ns of a write into a full shard, which is refused");
  add<1>(scenario, {}, []<class B>(const Stage& stage) {
    return time_alone<B>(
        stage, kRefusals, [](B& bench) { bench.write_all(kCapacity); },
        repeated(kRefusals, [](B& bench) { bench.write(); }));
  });
  return scenario;
}

constexpr std::uint64_t kPairs = 200'000;

Scenario go_write_read() {
  constexpr auto kSample = []<class B>(const Stage& stage) {
    return time_alone<B>(stage, kPairs, kNothing, repeated(kPairs, [](B& bench) {
                           bench.write();
                           bench.read();
                         }));
  };
  Scenario scenario = named("go_write_read", "1 thread: ns of a write and a read, shard after shard");
  add<1>(scenario, {}, kSample);
  add<4>(scenario, {}, kSample);
  add<8>(scenario, {}, kSample);
  add<32>(scenario, {}, kSample);
  return scenario;
}

constexpr std::uint64_t kLooks = 100'000;

Scenario go_read_empty() {
  constexpr auto kSample = []<class B>(const Stage& stage) {
    return time_alone<B>(stage, kLooks, kNothing, repeated(kLooks, [](B& bench) { bench.read(); }));
  };
  Scenario scenario = named("go_read_empty", "1 thread: ns of a read that finds nothing");
  add<1>(scenario, {}, kSample);
  add<8>(scenario, {}, kSample);
  add<32>(scenario, {}, kSample);
  return scenario;
}

Scenario go_read_batch() {
  Scenario scenario = named("go_read_batch", "1 thread: ns of a call that reads a batch");
  for (const std::size_t batch : std::to_array<std::size_t>({10, 100, 1000})) {
    add<8>(scenario, {{"batch", std::to_string(batch)}}, [=]<class B>(const Stage& stage) {
      const std::uint64_t calls = kCapacity / batch;
      std::vector<Item> items(batch);
      return time_alone<B>(
          stage, calls, [](B& bench) { bench.write_all(kCapacity); },
          [&](B& bench) {
            for (std::uint64_t call = 0; call < calls; ++call) {
              const std::size_t read = bench.ring.try_read_some(items);
              for (const Item item : std::span(items).first(read)) bench.books.enter(item);
            }
          });
    });
  }
  return scenario;
}

constexpr std::uint64_t kWriterPairs = 100'000;

Scenario go_writer() {
  using whorl::WritePolicy;
  const std::pair<const char*, WritePolicy> policies[] = {
      {"sleep_backoff", WritePolicy::sleep_backoff()},       {"next_shard", WritePolicy::next_shard()},
      {"random_shard", WritePolicy::random_shard()},         {"hybrid", WritePolicy::hybrid()},
      {"adaptive_backoff", WritePolicy::adaptive_backoff()}, {"spin_then_yield", WritePolicy::spin_then_yield()},
      {"auto_adaptive", WritePolicy::auto_adaptive()}};
  Scenario scenario = named("go_writer", "1 thread: ns of a write through a Writer, never refused, and a read");
  for (const auto& [name, policy] : policies) {
    add<8>(scenario, {{"policy", name}}, [policy = policy]<class B>(const Stage& stage) {
      return time_alone<B>(stage, kWriterPairs, kNothing, [&](B& bench) {
        auto writer = bench.ring.writer(0, policy);
        for (std::uint64_t i = 0; i < kWriterPairs; ++i) {
          bench.count(writer.write(first_tag(0) + bench.sent.accepted) == whorl::WriteResult::ok);
          bench.read();
        }
      });
    });
  }
  return scenario;
}

}  // namespace

Listing go_ring() {
  return {{"go_write", go_write},           {"go_write_full", go_write_full}, {"go_write_read", go_write_read},
          {"go_read_empty", go_read_empty}, {"go_read_batch", go_read_batch}, {"go_writer", go_writer}};
}

}  // namespace bench
