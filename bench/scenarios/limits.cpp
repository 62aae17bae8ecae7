// limits: what this machine can do at best, without any queue.
//
//     limit/pingpong   CPU 1 <---one line---> CPU 2              round trip, ns; with pauses or without, as is faster
//     limit/stream     CPU 2 ---lines of 7 u64 + flag---> CPU 1   items per second, one flag a line
//     limit/lock       CPU 1, one locked addition after another   ns each, nobody else touches the word

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <whorl/sync/config.hpp>
#include <whorl/sync/sync.hpp>

#include "../driver/clock.hpp"
#include "../driver/ledger.hpp"
#include "../driver/team.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

Outcome sample_ping_pong(const Stage& stage) {
  return {.figure = best_line_round_trip_ns(stage.cpus, stage.real_time)};
}

Outcome sample_lock(const Stage& stage) {
  constexpr int kAdditions = 500'000;
  std::atomic<std::uint64_t> word{0};
  Outcome outcome;
  const auto add = [&] {
    const std::int64_t begin = now_ns();
    for (int i = 0; i < kAdditions; ++i) word.fetch_add(1, std::memory_order_relaxed);
    outcome.figure = static_cast<double>(now_ns() - begin) / kAdditions;
  };
  run_team({{stage.cpus.first, add}}, stage.real_time);
  return outcome;
}

constexpr std::size_t kItemsPerLine = 7;
constexpr std::size_t kLines = 8192;
constexpr std::size_t kReleaseEvery = kLines / 8;
constexpr std::uint64_t kLinesPerSample = 40 * kLines;

struct alignas(64) Line {
  std::array<std::uint64_t, kItemsPerLine> items;
  std::atomic<std::uint64_t> lap{0};  // how often the line has been written
};

struct Stream {
  std::unique_ptr<Line[]> lines = std::make_unique<Line[]>(kLines);
  alignas(whorl::kCacheLine) std::atomic<std::uint64_t> read{0};
};

Sent send_lines(Stream& stream) {
  Sent sent;
  Tag tag = first_tag(0);
  for (std::uint64_t line = 0; line < kLinesPerSample; ++line) {
    if (line % kReleaseEvery == 0) {
      while (stream.read.load(std::memory_order_acquire) + kLines < line + kReleaseEvery) whorl::sync::pause();
    }
    Line& to = stream.lines[line % kLines];
    for (std::uint64_t& item : to.items) item = tag++;
    to.lap.store(line / kLines + 1, std::memory_order_release);
  }
  sent.accepted = tag - first_tag(0);
  return sent;
}

Ledger<1> receive_lines(Stream& stream) {
  Ledger<1> ledger;
  for (std::uint64_t line = 0; line < kLinesPerSample; ++line) {
    if (line % kReleaseEvery == 0) stream.read.store(line, std::memory_order_release);
    const Line& from = stream.lines[line % kLines];
    while (from.lap.load(std::memory_order_acquire) != line / kLines + 1) {
    }
    for (const std::uint64_t item : from.items) ledger.enter(item);
  }
  return ledger;
}

Outcome sample_stream(const Stage& stage) {
  Stream stream;
  std::array<Sent, 1> sent;
  Ledger<1> ledger;
  std::int64_t elapsed = 0;
  const auto receive = [&] {
    const std::int64_t begin = now_ns();
    ledger = receive_lines(stream);
    elapsed = now_ns() - begin;
  };
  run_team({{stage.cpus.first, receive}, {stage.cpus.second, [&] { sent[0] = send_lines(stream); }}}, stage.real_time);
  ledger.verify(sent);
  return {.figure = static_cast<double>(ledger.count()) * 1e9 / static_cast<double>(elapsed),
          .accepted = sent[0].accepted,
          .delivered = ledger.count()};
}

Entry limit(const char* name, Unit unit, std::size_t capacity, unsigned threads, Outcome (*sample)(const Stage&)) {
  return {.contender = name,
          .producers = std::nullopt,
          .parameters = {},
          .unit = unit,
          .capacity = capacity,
          .pinned = true,
          .threads = threads,
          .sample = sample,
          .placed = threads > 1};
}

}  // namespace

Listing limits() {
  return {{"limits", [] {
             return Scenario{
                 .id = "limits",
                 .summary = "what this machine can do without any queue",
                 .entries = {limit("limit/pingpong", Unit::kNanoseconds, 0, 2, sample_ping_pong),
                             limit("limit/stream", Unit::kItemsPerSecond, kLines * kItemsPerLine, 2, sample_stream),
                             limit("limit/lock", Unit::kNanoseconds, 0, 1, sample_lock)},
                 .missing = {},
                 .at_most = 0.2};  // three quick entries
           }}};
}

}  // namespace bench
