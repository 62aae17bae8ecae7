#include "pipeline.hpp"

#include <stdexcept>
#include <thread>

#include "clock.hpp"
#include "consumer.hpp"
#include "crew.hpp"
#include "run_clock.hpp"
#include "text.hpp"

namespace packets {
namespace {

// Enough that a producer never lacks one but when the consumer has them all: in the ring (twice where a handle may carry
// another frame than its own), waiting for their turn, and in the batch that is being read.
std::size_t frames_of_each(const Options& options) {
  const bool own_shard = options.policy.shards == whorl::ShardChoice::affinity;
  const std::size_t in_ring = own_shard ? options.capacity / options.shards : options.capacity;
  return in_ring * (options.full == WhenFull::drop_old ? 2 : 1) + options.window + 256 + 1;
}

void make_producers(std::deque<Producer>& producers, Ring& ring, Source& source, const Options& options,
                    const std::stop_token& stop) {
  const std::size_t frames = frames_of_each(options);
  try {
    for (std::uint32_t id = 0; id < options.producers; ++id) {
      producers.emplace_back(ring, options, id, source.feed(id, stop), frames, source.frame_bytes());
    }
  } catch (const std::bad_alloc&) {
    throw std::runtime_error("there is no memory for " + grouped(options.producers) + " x " + grouped(frames) +
                             " frames of " + grouped(source.frame_bytes()) +
                             " bytes: use a smaller --window, --capacity or --snap");
  }
}

// The threads, and their end: producers first, then the ring, then the consumer, so that what was accepted is read. When
// one of them throws, the others come to their ends all the same, and this throws what it threw. Returns when the last
// producer ended.
std::int64_t run_threads(Ring& ring, std::stop_source& halt, std::deque<Producer>& producers, Consumer& consumer) {
  // Feeds end, and who waits for room or for packets is woken.
  Crew crew([&] {
    halt.request_stop();
    ring.close();
  });
  std::int64_t ended = 0;
  {
    std::vector<std::jthread> writing;
    writing.reserve(producers.size());  // nothing throws between the first thread and the end
    std::jthread reading = crew.start([&] { consumer.run(); });
    for (Producer& producer : producers) writing.push_back(crew.start([&] { producer.run(); }));
    writing.clear();  // joined
    ended = now_ns();
    ring.close();
  }
  crew.rethrow();
  return ended;
}

void add_producers(Report& report, const std::deque<Producer>& producers, const Ring& ring) {
  for (const Producer& producer : producers) {
    report.read += producer.read();
    report.dropped_full += producer.dropped_full();
    report.dropped_old += producer.dropped_old();
    report.dropped_pool += producer.dropped_pool();
    report.shards[ring.shard_of(producer.id())].written += producer.written();
    const FeedCounts counts = producer.feed_counts();
    report.withheld += counts.withheld;
    report.repeated += counts.repeated;
    report.kernel_dropped += counts.kernel_dropped;
  }
}

void put_shards_together(Report& report) {
  for (std::size_t i = 1; i < report.shards.size(); ++i) {
    report.shards[0].written += report.shards[i].written;
    report.shards[0].delivered += report.shards[i].delivered;
    report.ring[0] += report.ring[i];
  }
  report.shards.resize(1);
  report.ring.resize(1);
}

std::uint64_t missing_frames(std::deque<Producer>& producers) {
  std::uint64_t missing = 0;
  for (Producer& producer : producers) missing += producer.pool().missing();
  return missing;
}

}  // namespace

Report run_pipeline(Source& source, const Options& options, OutputFile* output, const std::stop_token& stop) {
  Ring ring(options.capacity, options.shards);
  std::stop_source halt;
  std::deque<Producer> producers;
  make_producers(producers, ring, source, options, halt.get_token());
  StatusLine status(options.quiet ? nullptr : stderr, options.capacity);
  Consumer consumer(ring, options, source, producers, output, status, halt.get_token());
  RunClock clock(stop, halt);
  clock.begin();
  const std::int64_t ended = run_threads(ring, halt, producers, consumer);

  Report report;
  clock.add_to(report, options, source, ended);
  report.missing_frames = missing_frames(producers);
  report.shards.resize(options.shards);
  add_producers(report, producers, ring);
  consumer.add_to(report);
  for (std::size_t i = 0; i < options.shards; ++i) report.ring.push_back(ring.stats(i));
  if (options.policy.shards != whorl::ShardChoice::affinity) put_shards_together(report);
  return report;
}

}  // namespace packets
