#include "pipeline.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "clock.hpp"
#include "consumer.hpp"
#include "text.hpp"

namespace packets {
namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

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
// one of them throws, the others come to their ends all the same, and run() throws what it threw.
class Threads {
 public:
  Threads(Ring& ring, std::stop_source& halt) : ring_(ring), halt_(halt) {}

  /// Returns when the last producer ended.
  std::int64_t run(std::deque<Producer>& producers, Consumer& consumer) {
    std::int64_t ended = 0;
    {
      std::jthread reading = start([&] { consumer.run(); });
      std::vector<std::jthread> writing;
      for (Producer& producer : producers) writing.push_back(start([&] { producer.run(); }));
      writing.clear();  // joined
      ended = now_ns();
      ring_.close();
    }
    if (problem_) std::rethrow_exception(problem_);
    return ended;
  }

 private:
  template <class Work>
  std::jthread start(Work work) {
    try {
      return std::jthread([this, work] {
        try {
          work();
        } catch (...) {
          give_up();
        }
      });
    } catch (const std::system_error&) {  // there is no thread to be had
      give_up();
      return {};
    }
  }

  // Feeds end, and who waits for room or for packets is woken.
  void give_up() {
    {
      const std::lock_guard lock(mutex_);
      if (!problem_) problem_ = std::current_exception();
    }
    halt_.request_stop();
    ring_.close();
  }

  Ring& ring_;
  std::stop_source& halt_;
  std::mutex mutex_;
  std::exception_ptr problem_;
};

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

Report run_pipeline(Source& source, const Options& options, OutputFile* output, std::stop_token stop) {
  Ring ring(options.capacity, options.shards);
  std::stop_source halt;
  std::deque<Producer> producers;
  make_producers(producers, ring, source, options, halt.get_token());
  StatusLine status(options.quiet ? nullptr : stderr, options.capacity);
  Consumer consumer(ring, options, source, producers, output, status, halt.get_token());
  std::atomic<std::int64_t> stopped_ns = 0;
  const std::stop_callback on_stop(stop, [&] {
    stopped_ns = now_ns();
    halt.request_stop();
  });

  const double cpu_begin = cpu_seconds();
  const std::int64_t begin = now_ns();
  std::int64_t ended = Threads(ring, halt).run(producers, consumer);
  const std::int64_t end = now_ns();
  const std::int64_t stopped = stopped_ns;

  Report report;
  report.source = source.describe();
  report.dense = source.is_dense();
  report.trouble = source.trouble();
  report.stopped = stopped != 0 && stopped <= end;
  report.seconds = static_cast<double>(end - begin) / 1e9;
  report.cpu_seconds = cpu_seconds() - cpu_begin;
  if (report.stopped) ended = stopped;
  if (options.from == From::generator && !report.stopped && options.duration.count() > 0) {
    ended = std::min(ended, begin + options.duration.count());
  }
  report.shutdown_seconds = static_cast<double>(end - ended) / 1e9;
  report.orders = report.dense ? source.end() : 0;
  report.missing_frames = missing_frames(producers);
  report.shards.resize(options.shards);
  add_producers(report, producers, ring);
  consumer.add_to(report);
  for (std::size_t i = 0; i < options.shards; ++i) report.ring.push_back(ring.stats(i));
  if (options.policy.shards != whorl::ShardChoice::affinity) put_shards_together(report);
  return report;
}

}  // namespace packets
