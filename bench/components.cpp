// whorl-components: what each part of the Disruptor costs where one thread suffices to tell, in time (Google Benchmark) and
// in instructions, which are the same every time. `sh bench/run.sh --components` runs it; docs/analysis.md has the figures.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/sharded_event_processor.hpp>
#include <whorl/disruptor/sharded_sequencer.hpp>

#include "driver/instructions.hpp"

namespace bench {
namespace {

using whorl::Position, whorl::Sequence, whorl::SequenceNumber;
using whorl::Single, whorl::Multi, whorl::Inline, whorl::Dense;
using Spin = whorl::BusySpinWait;

constexpr std::size_t kCapacity = 1024;
constexpr whorl::SequencerOptions kNobodyReads{.without_consumers = whorl::EmptyGate::open};

template <std::size_t kWords>
struct Event {
  std::array<std::uint64_t, kWords> words{};
};
using Word = Event<1>;

// A component is a class whose once() does kOperations operations. It is made anew for each measurement.

template <class Component>
[[gnu::noinline]] void repeat(Component& component, std::uint64_t times) {
  for (; times != 0; --times) {
    component.once();
    benchmark::ClobberMemory();
  }
}

template <class Component>
double instructions_of() {
  std::unique_ptr<Component> component;
  // Few, for each instruction may be a step of its own; less than a lap of the ring in all.
  constexpr std::uint64_t kTimes =
      Component::kOperations >= kCapacity ? 1 : std::max<std::uint64_t>(1, 256 / Component::kOperations / 4);
  return instructions_each([&] { component = std::make_unique<Component>(); },
                           [&](std::uint64_t times) { repeat(*component, times); }, kTimes) /
         static_cast<double>(Component::kOperations);
}

template <class Component>
void measure(benchmark::State& state) {
  static const double instructions = instructions_of<Component>();  // once, however often it is timed
  Component component;
  constexpr std::uint64_t kTimes = 1024;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(kTimes * Component::kOperations))) {
    repeat(component, kTimes);
  }
  state.counters["instructions"] = instructions;
}

template <class Component>
void add(const std::string& name) {
  benchmark::RegisterBenchmark(name.c_str(), measure<Component>);
}

// ---- the loop itself, which all others include --------------------------------------------------------------------

struct Loop {
  static constexpr std::size_t kOperations = 1;
  void once() {}
};

// ---- Sequence -----------------------------------------------------------------------------------------------------

struct SequenceGet {
  static constexpr std::size_t kOperations = 1;
  void once() { benchmark::DoNotOptimize(sequence.get()); }
  Sequence sequence;
};
struct SequenceSet {
  static constexpr std::size_t kOperations = 1;
  void once() { sequence.set(++last); }
  Sequence sequence;
  SequenceNumber last = -1;
};

// ---- WaitStrategy: what is waited for is there at the first look ---------------------------------------------------

template <class W>
struct WaitReady {
  static constexpr std::size_t kOperations = 1;
  void once() {
    benchmark::DoNotOptimize(strategy.wait(event, [this] { return is_ready; }, until));
  }
  W strategy;
  whorl::EventCount event{whorl::EventCount::Payer::both};
  whorl::Until until;
  bool is_ready = true;
};

// ---- SequenceBarrier ----------------------------------------------------------------------------------------------

using OneProducer = whorl::SingleProducerSequencer<Spin>;
using ManyProducers = whorl::MultiProducerSequencer<Spin>;

// Asked again of a backlog of 64 sequences that it has looked through; `kUpstream` sequences have passed all.
template <class Sequencer, std::size_t kUpstream>
struct BarrierKnown {
  static constexpr std::size_t kOperations = 1;
  BarrierKnown() {
    const whorl::NextResult next = sequencer.next(64);
    sequencer.publish(0, next.sequence);
    for (Sequence& sequence : upstream) sequence.set(next.sequence);
  }
  void once() { benchmark::DoNotOptimize(barrier.wait_for(32)); }

  std::array<Sequence*, kUpstream> pointers() {
    std::array<Sequence*, kUpstream> all{};
    for (std::size_t i = 0; i < kUpstream; ++i) all[i] = &upstream[i];
    return all;
  }
  std::array<Sequence, kUpstream> upstream;
  Sequencer sequencer{kCapacity, {}, kNobodyReads};
  std::array<Sequence*, kUpstream> all = pointers();
  whorl::SequenceBarrier<Sequencer> barrier{sequencer, all, Spin{}};
};

// `kBatch` sequences are claimed and published, then waited for: of the three, an operation.
template <class Sequencer, std::size_t kUpstream, std::size_t kBatch = 1>
struct BarrierNew : BarrierKnown<Sequencer, kUpstream> {
  void once() {
    const SequenceNumber last = this->sequencer.next(kBatch).sequence;
    this->sequencer.publish(last - static_cast<SequenceNumber>(kBatch - 1), last);
    for (Sequence& sequence : this->upstream) sequence.set(last);
    benchmark::DoNotOptimize(this->barrier.wait_for(last - static_cast<SequenceNumber>(kBatch - 1)));
  }
};

// ---- Sequencer ----------------------------------------------------------------------------------------------------

template <class Sequencer, std::size_t kBatch>
struct NextPublish {
  static constexpr std::size_t kOperations = 1;
  void once() {
    const SequenceNumber last = sequencer.next(kBatch).sequence;
    sequencer.publish(last - static_cast<SequenceNumber>(kBatch - 1), last);
  }
  Sequencer sequencer{kCapacity, {}, kNobodyReads};
};
// What a producer asks once a lap, or whenever it runs out of room.
template <std::size_t kMembers>
struct GatePassed {
  static constexpr std::size_t kOperations = 1;
  GatePassed() {
    for (Sequence& member : members) (void)sequencer.add_gating(member);
  }
  void once() { benchmark::DoNotOptimize(sequencer.gate().passed(0)); }
  std::array<Sequence, kMembers> members;
  OneProducer sequencer{kCapacity};
};

// ---- RingBuffer ---------------------------------------------------------------------------------------------------

template <class E, class Kind, class Layout, std::size_t kBatch = 1>
struct PublishEvents {
  static constexpr std::size_t kOperations = kBatch;
  void once() {
    const auto fill = [this](E& event) noexcept { event.words.fill(++tag); };
    benchmark::DoNotOptimize(kBatch == 1 ? ring.try_publish_event(fill) : ring.try_publish_events(kBatch, fill));
  }
  std::uint64_t tag = 0;
  whorl::RingBuffer<E, Kind, Layout, Spin> ring{kCapacity, {}, kNobodyReads};
};
// kBatch events are published, then read.
template <class Kind, class Layout, std::size_t kBatch>
struct PublishPoll : PublishEvents<Word, Kind, Layout, kBatch> {
  using Ring = decltype(PublishEvents<Word, Kind, Layout, kBatch>::ring);
  PublishPoll() { (void)this->ring.add_gating(poller.sequence()); }
  void once() {
    PublishEvents<Word, Kind, Layout, kBatch>::once();
    (void)poller.poll([this](const Word& event) noexcept { sum += event.words[0]; });
  }
  std::uint64_t sum = 0;
  whorl::EventPoller<Ring> poller{this->ring};
};

// ---- the Disruptor ------------------------------------------------------------------------------------------------

template <class Kind, std::size_t kBatch>
struct Publish {
  static constexpr std::size_t kOperations = kBatch;
  using Disruptor = whorl::Disruptor<Word, Kind, Spin>;
  Publish() : disruptor({.capacity = kCapacity, .without_consumers = whorl::EmptyGate::open}) { disruptor.start(); }
  void once() {
    if (!producer) make_producer();
    const auto fill = [this](Word& event) noexcept { event.words.fill(++tag); };
    benchmark::DoNotOptimize(kBatch == 1 ? producer->publish(fill) : producer->publish_batch(kBatch, fill));
  }
  [[gnu::noinline, gnu::cold]] void make_producer() {
    if constexpr (std::is_same_v<Kind, Single>) {
      producer.emplace(std::move(*disruptor.producer()));
    } else {
      producer.emplace(disruptor.producer());
    }
  }
  std::uint64_t tag = 0;
  Disruptor disruptor;
  std::optional<typename Disruptor::Producer> producer;
};

// kBatch events are published, then a processor handles them; its handler halts it at the last. Its start and its end are
// among them.
template <class Layout, std::size_t kBatch>
struct PublishProcess : PublishEvents<Word, Single, Layout, kBatch> {
  using Ring = decltype(PublishEvents<Word, Single, Layout, kBatch>::ring);
  struct Handler {
    PublishProcess* component;
    void operator()(Word& event, const whorl::EventContext& at) noexcept {
      component->sum += event.words[0];
      if (at.end_of_batch) component->processor.halt();
    }
  };
  PublishProcess() { (void)this->ring.add_gating(processor.sequence()); }
  void once() {
    PublishEvents<Word, Single, Layout, kBatch>::once();
    benchmark::DoNotOptimize(processor.run());
  }
  std::uint64_t sum = 0;
  whorl::BatchEventProcessor<Ring, Handler> processor{this->ring, {}, Handler{this}};
};

// ---- shards -------------------------------------------------------------------------------------------------------

// By the lease of a shard.
template <class Layout, std::size_t kBatch = 1, std::size_t kShards = 1>
struct PublishLeased {
  static constexpr std::size_t kOperations = kBatch;
  using Ring = whorl::ShardedRingBuffer<Word, whorl::Exclusive, Layout, Spin>;
  void once() { publish<kBatch>(lease); }
  template <std::size_t kEvents>
  void publish(typename Ring::Lease& to) {
    const auto fill = [this](Word& event) noexcept { event.words.fill(++tag); };
    benchmark::DoNotOptimize(kEvents == 1 ? to.try_publish_event(fill) : to.try_publish_events(kEvents, fill));
  }
  std::uint64_t tag = 0;
  Ring ring{kCapacity * kShards, kShards, {}, kNobodyReads};
  typename Ring::Lease lease = std::move(*ring.lease());
};

// kBatch events are published, the same number in each shard, then a processor handles them, as in PublishProcess.
template <class Layout, std::size_t kBatch, std::size_t kShards>
struct PublishProcessSharded : PublishLeased<Layout, kBatch, kShards> {
  using Ring = typename PublishLeased<Layout, kBatch, kShards>::Ring;
  struct Handler {
    PublishProcessSharded* component;
    void operator()(Word& event, const whorl::ShardedEventContext<typename Ring::Shard>& at) noexcept {
      component->sum += event.words[0];
      if (at.end_of_batch) component->processor.halt();
    }
  };
  PublishProcessSharded() {
    while (auto more = this->ring.lease()) leases.push_back(std::move(*more));
    (void)this->ring.add_gating(processor.sequence());
  }
  void once() {
    constexpr std::size_t kEach = kBatch / kShards;
    this->template publish<kEach>(this->lease);
    for (auto& other : leases) this->template publish<kEach>(other);
    benchmark::DoNotOptimize(processor.run());
  }
  std::uint64_t sum = 0;
  std::vector<typename Ring::Lease> leases;  // but for the first shard's
  whorl::ShardedEventProcessor<typename Ring::Shard, Handler> processor{
      this->ring, {}, Handler{this}, {.quota = kBatch}};
};

// ---- all of them --------------------------------------------------------------------------------------------------

void add_all() {
  add<Loop>("loop");

  add<SequenceGet>("sequence/get");
  add<SequenceSet>("sequence/set");

  add<WaitReady<whorl::BusySpinWait>>("wait/busy_spin");
  add<WaitReady<whorl::YieldingWait>>("wait/yielding");
  add<WaitReady<whorl::SleepingWait>>("wait/sleeping");
  add<WaitReady<whorl::BlockingWait>>("wait/blocking");
  add<WaitReady<whorl::PhasedBackoffWait<>>>("wait/phased_backoff");

  add<BarrierKnown<OneProducer, 0>>("barrier/known");
  add<BarrierKnown<OneProducer, 3>>("barrier/known_upstream3");
  add<BarrierNew<OneProducer, 0>>("barrier/new_single");
  add<BarrierNew<OneProducer, 1>>("barrier/new_single_upstream1");
  add<BarrierNew<OneProducer, 3>>("barrier/new_single_upstream3");
  add<BarrierNew<OneProducer, 0, 64>>("barrier/new64_single");
  add<BarrierNew<ManyProducers, 0>>("barrier/new_multi");
  add<BarrierNew<ManyProducers, 0, 64>>("barrier/new64_multi");

  add<NextPublish<OneProducer, 1>>("sequencer/single");
  add<NextPublish<OneProducer, 64>>("sequencer/single_b64");
  add<NextPublish<ManyProducers, 1>>("sequencer/multi");
  add<NextPublish<ManyProducers, 64>>("sequencer/multi_b64");
  add<GatePassed<1>>("sequencer/gate1");
  add<GatePassed<3>>("sequencer/gate3");
  add<GatePassed<8>>("sequencer/gate8");

  add<PublishEvents<Word, Single, Inline>>("ring_buffer/single_inline_8B");
  add<PublishEvents<Word, Single, Dense>>("ring_buffer/single_dense_8B");
  add<PublishEvents<Event<7>, Single, Inline>>("ring_buffer/single_inline_56B");
  add<PublishEvents<Event<7>, Single, Dense>>("ring_buffer/single_dense_56B");
  add<PublishEvents<Word, Multi, Inline>>("ring_buffer/multi_inline_8B");
  add<PublishEvents<Word, Multi, Dense>>("ring_buffer/multi_dense_8B");
  add<PublishEvents<Word, Single, Inline, 64>>("ring_buffer/single_inline_b64");
  add<PublishEvents<Word, Single, Dense, 64>>("ring_buffer/single_dense_b64");
  add<PublishEvents<Word, Multi, Inline, 64>>("ring_buffer/multi_inline_b64");
  add<PublishEvents<Word, Multi, Dense, 64>>("ring_buffer/multi_dense_b64");

  add<PublishLeased<Inline>>("ring_buffer/leased_inline_8B");
  add<PublishLeased<Dense>>("ring_buffer/leased_dense_8B");
  add<PublishLeased<Dense, 64>>("ring_buffer/leased_dense_b64");

  add<PublishPoll<Single, Inline, 1>>("disruptor/poll_inline");
  add<PublishPoll<Single, Inline, 64>>("disruptor/poll_inline_b64");
  add<PublishPoll<Single, Dense, 64>>("disruptor/poll_dense_b64");
  add<PublishProcess<Inline, 64>>("disruptor/process_inline_b64");
  add<PublishProcess<Inline, 1024>>("disruptor/process_inline_b1024");
  add<PublishProcess<Dense, 1024>>("disruptor/process_dense_b1024");
  add<PublishProcessSharded<Dense, 1024, 1>>("disruptor/process_1shard_dense_b1024");
  add<PublishProcessSharded<Dense, 1024, 4>>("disruptor/process_4shards_dense_b1024");
  add<Publish<Single, 1>>("disruptor/publish_single");
  add<Publish<Single, 64>>("disruptor/publish_single_b64");
  add<Publish<Multi, 1>>("disruptor/publish_multi");
  add<Publish<Multi, 64>>("disruptor/publish_multi_b64");
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
  benchmark::AddCustomContext("instructions", bench::how_instructions_are_counted());
  bench::add_all();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
