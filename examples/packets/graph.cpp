#include "graph.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "crew.hpp"
#include "leased_producer.hpp"
#include "run_clock.hpp"
#include "stages.hpp"
#include "status_line.hpp"
#include "text.hpp"

namespace packets {
namespace {

// The shards, and the memory that their packets lie in where a source copies them.
class Shards {
 public:
  Shards(const Options& options, std::size_t frame_bytes)
      : ring(options.capacity, options.shards),
        memory_(std::make_unique_for_overwrite<std::byte[]>(options.capacity * frame_bytes)) {
    std::byte* next = memory_.get();
    const std::size_t slots = options.capacity / options.shards;
    for (std::size_t shard = 0; shard < options.shards; ++shard) {
      for (std::size_t i = 0; i < slots; ++i, next += frame_bytes) {
        ring.get(shard, static_cast<whorl::SequenceNumber>(i)).frame.memory = {next, frame_bytes};
      }
    }
  }

  GraphRing ring;

 private:
  const std::unique_ptr<std::byte[]> memory_;
};

std::unique_ptr<Shards> make_shards(const Options& options, std::size_t frame_bytes) {
  try {
    return std::make_unique<Shards>(options, frame_bytes);
  } catch (const std::bad_alloc&) {
    throw std::runtime_error("there is no memory for " + grouped(options.capacity) + " packets of " +
                             grouped(frame_bytes) + " bytes: use a smaller --capacity or --snap");
  }
}

// Producer i gets shard i: leases are given out in this order, and there are no fewer of them.
std::deque<LeasedProducer> make_producers(GraphRing& ring, Source& source, const Options& options,
                                          const std::stop_token& stop) {
  std::deque<LeasedProducer> producers;
  for (std::uint32_t id = 0; id < options.producers; ++id) {
    std::optional<GraphRing::Lease> lease = ring.lease();
    if (!lease) throw std::logic_error("there are no fewer shards than producers");
    producers.emplace_back(std::move(*lease), options, source.feed(id, stop));
  }
  return producers;
}

template <class Handler>
using Processor = whorl::ShardedEventProcessor<GraphRing::Shard, Handler&>;

// The stages, who follows whom, and what they share with nobody.
class Graph {
 public:
  static constexpr std::size_t kStages = 4;

  Graph(GraphRing& ring, const Source& source, const Options& options, const std::deque<LeasedProducer>& producers);

  /// `threads` has room for kStages.
  void start(Crew& crew, std::vector<std::jthread>& threads) {
    threads.push_back(crew.start([this] { run(parsing_); }));
    threads.push_back(crew.start([this] { run(counting_); }));
    threads.push_back(crew.start([this] { run(tabling_); }));
    threads.push_back(crew.start([this] { run(reporting_); }));
  }

  /// Nobody waits for a stage that has no thread.
  void halt() {
    parsing_.halt();
    counting_.halt();
    tabling_.halt();
    reporting_.halt();
  }

  void add_to(Report& report, std::uint64_t end) const;

 private:
  template <class One>
  static void run(One& processor) {
    (void)processor.run();  // until the ring is closed and everything handled, or it fails
    if (processor.error()) std::rethrow_exception(processor.error());
  }
  void take_sample(ReportStage& stage, std::int64_t now_ns);
  std::vector<const GraphProgress*> progress() const {
    return {&parsing_.sequence(), &counting_.sequence(), &tabling_.sequence(), &reporting_.sequence()};
  }

  GraphRing& ring_;
  const std::deque<LeasedProducer>& producers_;
  StatusLine status_;
  const std::int64_t status_every_ns_;
  std::int64_t next_status_ns_;
  Sample since_status_;

  ParseStage parse_;
  CountStage count_;
  FlowStage table_;
  ReportStage report_;
  Processor<ParseStage> parsing_;
  Processor<CountStage> counting_;
  Processor<FlowStage> tabling_;
  Processor<ReportStage> reporting_;
};

Graph::Graph(GraphRing& ring, const Source& source, const Options& options, const std::deque<LeasedProducer>& producers)
    : ring_(ring),
      producers_(producers),
      status_(options.quiet ? nullptr : stderr, options.capacity),
      status_every_ns_(options.stats_interval.count()),
      next_status_ns_(now_ns() + status_every_ns_),
      parse_(ring.shard_count()),
      count_(ring.shard_count(), source),
      table_(ring.shard_count()),
      report_(ring.shard_count(), source.is_dense(),
              [this](ReportStage& stage, std::int64_t now) { take_sample(stage, now); }),
      parsing_(ring, {}, parse_),
      counting_(ring, {}, count_),
      tabling_(ring, {&parsing_.sequence(), &counting_.sequence()}, table_),
      reporting_(ring, {&tabling_.sequence()}, report_, {.timeout = std::chrono::nanoseconds(ReportStage::kLook)}) {
  // Producers wait for the last stage only: it comes after all others.
  if (!ring.add_gating(reporting_.sequence())) throw std::logic_error("a graph's last stage gates once");
}

// In the thread of the last stage.
void Graph::take_sample(ReportStage& stage, std::int64_t now_ns) {
  const std::vector<const GraphProgress*> stages = progress();
  std::vector<std::size_t> fill;
  std::vector<std::uint64_t> lag(stages.size());
  for (std::size_t shard = 0; shard < ring_.shard_count(); ++shard) {
    // What is claimed is looked at last: nobody has passed more.
    std::vector<whorl::Position> passed;
    passed.reserve(stages.size());
    for (const GraphProgress* one : stages) passed.push_back(one->passed(shard));
    const whorl::Position claimed = ring_.shard(shard).claimed();
    for (std::size_t i = 0; i < stages.size(); ++i) lag[i] += claimed - passed[i];
    fill.push_back(static_cast<std::size_t>(claimed - passed.back()));
  }
  Totals totals{.delivered = stage.delivered(), .bytes = stage.payload_bytes()};
  for (const LeasedProducer& producer : producers_) {
    totals.read += producer.read();
    totals.dropped += producer.dropped();
  }
  since_status_ = joined(since_status_, stage.sampler().take(now_ns, totals, std::move(fill), std::move(lag)));
  if (now_ns < next_status_ns_) return;
  next_status_ns_ = now_ns + status_every_ns_;
  status_.show(std::exchange(since_status_, {}));
}

void Graph::add_to(Report& report, std::uint64_t end) const {
  report_.add_to(report, end);
  report.damaged = count_.damaged();
  report.flows = table_.flows();
  report.graph.counted = count_.traffic();
  report.graph.stages = {parse_.counts(), count_.counts(), table_.counts(), report_.counts()};
  const std::vector<std::uint64_t>& delivered = report_.counts().packets;
  for (std::size_t i = 0; i < ring_.shard_count(); ++i) report.shards[i].delivered = delivered[i];
}

// Producers first, then the ring, then the stages, so that what was published is seen by all. When one of them throws, the
// others come to their ends all the same, and this throws what it threw. Returns when the last producer ended.
std::int64_t run_threads(GraphRing& ring, std::stop_source& halt, std::deque<LeasedProducer>& producers, Graph& graph) {
  Crew crew([&] {
    halt.request_stop();
    ring.close();
    graph.halt();
  });
  std::int64_t ended = 0;
  {
    std::vector<std::jthread> stages;
    std::vector<std::jthread> writing;
    stages.reserve(Graph::kStages);  // nothing throws between the first thread and the end
    writing.reserve(producers.size());
    graph.start(crew, stages);
    for (LeasedProducer& producer : producers) writing.push_back(crew.start([&] { producer.run(); }));
    writing.clear();  // joined
    ended = now_ns();
    for (LeasedProducer& producer : producers) producer.end();
    ring.close();
  }
  crew.rethrow();
  return ended;
}

void add_producers(Report& report, const std::deque<LeasedProducer>& producers) {
  report.graph.written_digests.resize(report.shards.size());
  for (const LeasedProducer& producer : producers) {
    report.read += producer.read();
    report.dropped_full += producer.dropped();
    report.shards[producer.shard()].written = producer.written();
    report.ring[producer.shard()].refused = producer.waits();
    report.graph.written_digests[producer.shard()] = producer.digest();
    const FeedCounts counts = producer.feed_counts();
    report.withheld += counts.withheld;
    report.repeated += counts.repeated;
    report.kernel_dropped += counts.kernel_dropped;
  }
}

// What the shards say themselves: how far they are published, and how far the slowest member of their gates has come.
void add_ring(Report& report, const GraphRing& ring) {
  for (std::size_t i = 0; i < ring.shard_count(); ++i) {
    const GraphRing::Shard& shard = ring.shard(i);
    report.ring.push_back({.accepted = mark_of(shard.cursor()),
                           .delivered = mark_of(shard.minimum_sequence()),
                           .tombstones = shard.buried()});
  }
}

}  // namespace

Report run_graph(Source& source, const Options& options, const std::stop_token& stop) {
  const std::unique_ptr<Shards> shards = make_shards(options, source.frame_bytes());
  GraphRing& ring = shards->ring;
  std::stop_source halt;
  std::deque<LeasedProducer> producers = make_producers(ring, source, options, halt.get_token());
  Graph graph(ring, source, options, producers);
  RunClock clock(stop, halt);
  clock.begin();
  const std::int64_t ended = run_threads(ring, halt, producers, graph);

  Report report;
  clock.add_to(report, options, source, ended);
  report.shards.resize(options.shards);
  add_ring(report, ring);
  add_producers(report, producers);
  graph.add_to(report, source.end());
  return report;
}

}  // namespace packets
