#pragma once
// The thread that reads the ring, restores the order and passes the packets on.

#include <array>
#include <deque>
#include <stop_token>
#include <vector>

#include "files.hpp"
#include "producer.hpp"
#include "reorder.hpp"
#include "report.hpp"
#include "sampler.hpp"
#include "status_line.hpp"

namespace packets {

/// Threads:  all but the constructor is one thread's.
class Consumer {
 public:
  /// `output` may be null. The producers' counts are looked at for the samples.
  Consumer(Ring& ring, const Options& options, Source& source, std::deque<Producer>& producers, OutputFile* output,
           StatusLine& status, std::stop_token stop);

  /// Reads until the ring is closed and empty.
  void run();

  /// Adds what the consumer has counted.
  void add_to(Report& report) const;

 private:
  void wait(std::int64_t now_ns);
  void wait_for_tick(std::int64_t now_ns);
  void take(Frame* carrier, std::int64_t read_ns);
  void pass_on(Frame& frame, Fate fate);
  void write(const Frame& frame);
  void take_sample(std::int64_t now_ns);
  Totals totals() const;

  Ring& ring_;
  const Options& options_;
  Source& source_;
  std::deque<Producer>& producers_;
  OutputFile* const output_;
  StatusLine& status_;
  const std::stop_token stop_;
  const bool passengers_;  // a handle may carry another packet than its own
  Reorder reorder_;
  Sampler sampler_;
  Sample since_status_;
  std::int64_t next_tick_ns_;
  std::int64_t next_status_ns_;
  std::array<Frame*, 256> batch_;

  std::vector<std::uint64_t> handles_;  // read, of each producer
  FlowTable flows_;
  std::uint64_t damaged_ = 0;
  std::uint64_t packet_bytes_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace packets
