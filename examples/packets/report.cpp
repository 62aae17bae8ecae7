#include "report.hpp"

#include <cstdarg>
#include <cstdio>

namespace packets {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[512];
  std::va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

// 3139050 -> "3,139,050"
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

double per_second(const Report& report, double amount) { return report.seconds > 0 ? amount / report.seconds : 0; }
double packets_per_second(const Report& report) { return per_second(report, static_cast<double>(report.delivered)); }
double megabits_per_second(const Report& report) {
  return per_second(report, static_cast<double>(report.packet_bytes) * 8 / 1e6);
}

std::string equation(const Report& r) {
  return "read " + grouped(r.read) + " = delivered " + grouped(r.delivered) + " + dropped_full " +
         grouped(r.dropped_full) + " + dropped_old " + grouped(r.dropped_old) + " + dropped_pool " +
         grouped(r.dropped_pool) + " + late " + grouped(r.late) + " + duplicate " + grouped(r.duplicate);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += format("\\u%04x", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string member(const char* name, const std::string& value) { return std::string("  \"") + name + "\": " + value; }
std::string member(const char* name, std::uint64_t value) { return member(name, std::to_string(value)); }

}  // namespace

std::vector<std::string> unbalanced(const Report& report, const Capture& capture, const Options& options) {
  std::vector<std::string> problems;
  const auto expect = [&](bool holds, const std::string& sentence) {
    if (!holds) problems.push_back("does not hold: " + sentence);
  };
  const std::uint64_t dropped = report.dropped_full + report.dropped_old + report.dropped_pool;
  expect(report.read == capture.records.size() * options.loops, "read " + grouped(report.read) + " = packets " +
                                                                    grouped(capture.records.size()) + " x loops " +
                                                                    grouped(options.loops));
  expect(report.read == report.delivered + dropped + report.late + report.duplicate, equation(report));
  // One lost and another delivered twice would balance above.
  expect(report.gaps == dropped + report.late,
         "gaps " + grouped(report.gaps) + " = dropped " + grouped(dropped) + " + late " + grouped(report.late));
  for (std::size_t i = 0; i < report.shards.size(); ++i) {
    const ShardCount& own = report.shards[i];
    const whorl::RingStats& ring = report.ring[i];
    const std::string shard = "shard " + std::to_string(i) + ": ";
    expect(own.written == ring.accepted,
           shard + "written " + grouped(own.written) + " = accepted by the ring " + grouped(ring.accepted));
    expect(own.delivered == ring.delivered,
           shard + "delivered " + grouped(own.delivered) + " = delivered by the ring " + grouped(ring.delivered));
    expect(own.written == own.delivered,
           shard + "written " + grouped(own.written) + " = delivered " + grouped(own.delivered));
  }
  return problems;
}

std::string to_text(const Report& report, const Capture& capture, const Options& options) {
  const LatencyHistogram& ns = report.latency_ns;
  const auto us = [](std::uint64_t value) { return static_cast<double>(value) / 1e3; };
  std::string text = "capture     " + options.in + ": " + grouped(capture.records.size()) + " packets (" +
                     capture.format + "), " + grouped(options.loops) + (options.loops == 1 ? " loop\n" : " loops\n");
  text += format("ring        %u producers on %zu shards of %zu slots\n", options.producers, options.shards,
                 options.capacity / options.shards);
  text += "delivered   " + grouped(report.delivered) + " packets in the order of the capture\n";
  text += format("rate        %s packets/s, %.1f Mbit/s, %.3f s\n",
                 grouped(static_cast<std::uint64_t>(packets_per_second(report))).c_str(), megabits_per_second(report),
                 report.seconds);
  text += format("in the ring p50 %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us\n", us(ns.percentile(0.5)),
                 us(ns.percentile(0.99)), us(ns.percentile(0.999)), us(ns.max()));
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < report.shards.size() && i < kShown; ++i) {
    text += format("shard %-5zu written %s, delivered %s\n", i, grouped(report.shards[i].written).c_str(),
                   grouped(report.shards[i].delivered).c_str());
  }
  if (report.shards.size() > kShown) text += format("            and %zu more\n", report.shards.size() - kShown);
  return text + "accounts    " + equation(report) + "\n            gaps " + grouped(report.gaps) + '\n';
}

std::string to_json(const Report& report, const Options& options) {
  const LatencyHistogram& ns = report.latency_ns;
  std::string shards;
  for (const ShardCount& shard : report.shards) {
    shards += (shards.empty() ? "" : ", ") + format("{\"written\": %llu, \"delivered\": %llu}",
                                                    static_cast<unsigned long long>(shard.written),
                                                    static_cast<unsigned long long>(shard.delivered));
  }
  const std::string latency =
      "{\"p50\": " + std::to_string(ns.percentile(0.5)) + ", \"p99\": " + std::to_string(ns.percentile(0.99)) +
      ", \"p999\": " + std::to_string(ns.percentile(0.999)) + ", \"max\": " + std::to_string(ns.max()) + '}';
  const std::string members[] = {
      member("input", quoted(options.in)),
      member("loops", options.loops),
      member("producers", options.producers),
      member("shards", options.shards),
      member("capacity", options.capacity),
      member("read", report.read),
      member("delivered", report.delivered),
      member("dropped_full", report.dropped_full),
      member("dropped_old", report.dropped_old),
      member("dropped_pool", report.dropped_pool),
      member("late", report.late),
      member("duplicate", report.duplicate),
      member("gaps", report.gaps),
      member("seconds", format("%.6f", report.seconds)),
      member("packets_per_second", format("%.1f", packets_per_second(report))),
      member("megabits_per_second", format("%.3f", megabits_per_second(report))),
      member("latency_ns", latency),
      member("per_shard", '[' + shards + ']'),
  };
  std::string json;
  for (const std::string& line : members) json += (json.empty() ? "{\n" : ",\n") + line;
  return json + "\n}\n";
}

}  // namespace packets
