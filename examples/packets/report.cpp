#include "report.hpp"

#include "report_figures.hpp"
#include "text.hpp"

namespace packets {
namespace {

// Keeps the sums that do not hold.
class Accounts {
 public:
  void expect(bool holds, const std::string& sentence) {
    if (!holds) problems_.push_back("does not hold: " + sentence);
  }
  // "where: a 1 = b 2"
  void equal(const std::string& where, const char* a_name, std::uint64_t a, const char* b_name, std::uint64_t b) {
    expect(a == b, where + a_name + ' ' + grouped(a) + " = " + b_name + ' ' + grouped(b));
  }
  std::vector<std::string> problems() && { return std::move(problems_); }

 private:
  std::vector<std::string> problems_;
};

// What the whole program did with every packet, and with every place in the order.
void check_packets(const Report& r, Accounts& accounts) {
  accounts.expect(r.read == r.delivered + dropped(r) + r.late + r.duplicate, equation(r));
  if (r.dense) {
    // One lost and another delivered twice would balance above.
    accounts.expect(r.orders == r.delivered + r.gaps, "orders " + grouped(r.orders) + " = delivered " +
                                                          grouped(r.delivered) + " + gaps " + grouped(r.gaps));
    accounts.expect(r.read == r.orders - r.withheld + r.repeated,
                    "read " + grouped(r.read) + " = orders " + grouped(r.orders) + " - withheld " +
                        grouped(r.withheld) + " + repeated " + grouped(r.repeated));
  }
  if (dropped(r) + r.late == 0) {
    if (r.dense) accounts.equal("nothing was dropped or late: ", "gaps", r.gaps, "withheld", r.withheld);
    accounts.equal("nothing was dropped or late: ", "duplicate", r.duplicate, "repeated", r.repeated);
  } else if (r.dense) {
    accounts.expect(r.gaps >= r.withheld, "gaps " + grouped(r.gaps) + " >= withheld " + grouped(r.withheld));
  }
  accounts.expect(r.damaged == 0, "damaged " + grouped(r.damaged) + " = 0");
  accounts.expect(r.missing_frames == 0, "frames missing from the pools " + grouped(r.missing_frames) + " = 0");
}

// What the program counted shard by shard, and what the ring did.
void check_shards(const Report& r, Accounts& accounts) {
  accounts.equal("", "shards counted by the program", r.shards.size(), "by the ring", r.ring.size());
  for (std::size_t i = 0; i < r.shards.size() && i < r.ring.size(); ++i) {
    const ShardCount& own = r.shards[i];
    const whorl::RingStats& ring = r.ring[i];
    const std::string shard = r.shards.size() == 1 ? "all shards: " : "shard " + std::to_string(i) + ": ";
    accounts.equal(shard, "written", own.written, "accepted by the ring", ring.accepted);
    accounts.equal(shard, "delivered", own.delivered, "delivered by the ring", ring.delivered);
    accounts.equal(shard, "written", own.written, "delivered", own.delivered);
    accounts.expect(ring.tombstones == 0, shard + "tombstones " + grouped(ring.tombstones) + " = 0");
  }
}

// Every stage saw every packet once, in the order in which its producer wrote it, and after those that it follows.
void check_stage(const Report& r, const StageCounts& stage, Accounts& accounts) {
  accounts.equal(stage.name + ": ", "shards", stage.packets.size(), "with producers", r.shards.size());
  for (std::size_t i = 0; i < stage.packets.size() && i < r.shards.size(); ++i) {
    const std::string where = stage.name + ", shard " + std::to_string(i) + ": ";
    accounts.equal(where, "packets", stage.packets[i], "written", r.shards[i].written);
    accounts.expect(stage.digests[i] == r.graph.written_digests[i], where + "the order is that of the producer");
  }
  accounts.expect(stage.out_of_turn == 0, stage.name + ": packets out of turn " + grouped(stage.out_of_turn) + " = 0");
  accounts.expect(stage.ahead == 0,
                  stage.name + ": packets before " + stage.after + " was done " + grouped(stage.ahead) + " = 0");
}

void check_graph(const Report& r, Accounts& accounts) {
  if (r.graph.stages.empty()) return;
  for (const StageCounts& stage : r.graph.stages) check_stage(r, stage, accounts);
  Traffic tabled;
  for (const auto& [name, traffic] : r.flows.protocols()) {
    tabled.packets += traffic.packets;
    tabled.bytes += traffic.bytes;
  }
  accounts.equal("", "packets in the flow table", tabled.packets, "counted", r.graph.counted.packets);
  accounts.equal("", "bytes in the flow table", tabled.bytes, "counted", r.graph.counted.bytes);
  accounts.equal("", "packets counted", r.graph.counted.packets, "delivered, late and duplicate",
                 r.delivered + r.late + r.duplicate);
}

// The samples leave no moment out.
void check_samples(const Report& r, Accounts& accounts) {
  if (r.samples.empty()) return;
  Sample sum;
  for (const Sample& sample : r.samples) {
    sum.read += sample.read;
    sum.delivered += sample.delivered;
    sum.bytes += sample.bytes;
    sum.dropped += sample.dropped;
  }
  accounts.equal("all samples together: ", "read", sum.read, "read", r.read);
  accounts.equal("all samples together: ", "delivered", sum.delivered, "delivered", r.delivered);
  accounts.equal("all samples together: ", "bytes", sum.bytes, "payload bytes", r.payload_bytes);
  accounts.equal("all samples together: ", "dropped", sum.dropped, "dropped", dropped(r));
}

std::string count_of(std::uint64_t count, const char* thing) {
  return grouped(count) + ' ' + thing + (count == 1 ? "" : "s");
}

std::string source_lines(const Report& report) {
  std::string text = "source      " + printable(report.source) + '\n';
  if (report.stopped) text += "            stopped before its end\n";
  if (!report.trouble.empty()) text += "            trouble: " + printable(report.trouble) + '\n';
  if (report.kernel_dropped != 0) {
    text += "            kernel dropped " + count_of(report.kernel_dropped, "packet") + " before they could be read\n";
  }
  return text;
}

std::string ring_line(const Options& options) {
  const std::size_t slots = options.shards != 0 ? options.capacity / options.shards : 0;
  return "ring        " + count_of(options.producers, "producer") + " on " + count_of(options.shards, "shard") +
         " of " + count_of(slots, "slot") + "; when full: " + full_word(options.full) + ", " +
         printable(options.strategy) + '\n';
}

std::string rate_line(const Report& report, const Options& options) {
  const Rates rates = rates_of(report);
  std::string text = "rate        " + grouped(static_cast<std::uint64_t>(rates.packets)) +
                     format(" packets/s, %.1f Mbit/s", rates.megabits);
  if (options.from == From::generator) text += format(" (payload %.1f Mbit/s)", rates.payload_megabits);
  return text + format(", %.3f s\n", report.seconds);
}

std::string latency_line(const LatencyHistogram& ns) {
  if (ns.count() == 0) return "in the ring nothing\n";
  const auto readable = [](std::uint64_t value) { return readable_ns(static_cast<double>(value)); };
  return "in the ring p50 " + readable(ns.percentile(0.5)) + ", p99 " + readable(ns.percentile(0.99)) + ", p99.9 " +
         readable(ns.percentile(0.999)) + ", max " + readable(ns.max()) + '\n';
}

std::string stage_lines(const GraphReport& graph) {
  std::string text;
  for (const StageCounts& stage : graph.stages) {
    text += format("stage       %-10s ", stage.name.c_str()) + grouped(packets_of(stage)) + " packets in " +
            grouped(stage.batches) + (stage.batches == 1 ? " batch" : " batches") +
            format(" (mean %.1f, max ", mean_batch(stage)) + grouped(stage.batch_size.max()) + "), lag p99 " +
            grouped(stage.lag.percentile(0.99)) + ", max " + grouped(stage.lag.max()) + '\n';
  }
  return text;
}

std::string shard_lines(const std::vector<ShardCount>& shards, const Options& options) {
  constexpr std::size_t kShown = 8;
  const bool together = shards.size() == 1 && options.shards > 1;
  std::string text;
  for (std::size_t i = 0; i < shards.size() && i < kShown; ++i) {
    text += (together ? "all shards  " : format("shard %-5zu ", i)) + "written " + grouped(shards[i].written) +
            ", delivered " + grouped(shards[i].delivered) + '\n';
  }
  if (shards.size() > kShown) text += "            and " + grouped(shards.size() - kShown) + " more\n";
  return text;
}

std::string flow_line(const FlowTable& flows) {
  std::string text = "flows       " + grouped(flows.flows());
  if (flows.others().packets != 0) text += " and more";
  const char* between = ": ";
  for (const auto& [name, traffic] : flows.protocols()) {
    if (traffic.packets == 0) continue;
    text += between + printable(name) + ' ' + grouped(traffic.packets);
    between = ", ";
  }
  return text + '\n';
}

std::string account_lines(const Report& r) {
  std::string text = "accounts    " + equation(r) + "\n            ";
  text += r.dense ? "orders " + grouped(r.orders) + ", gaps " + grouped(r.gaps) : "gaps cannot be known of this source";
  if (r.withheld != 0) text += ", withheld " + grouped(r.withheld);
  if (r.repeated != 0) text += ", repeated " + grouped(r.repeated);
  if (r.damaged != 0) text += ", damaged " + grouped(r.damaged);
  return text + '\n';
}

}  // namespace

std::vector<std::string> unbalanced(const Report& report) {
  Accounts accounts;
  check_packets(report, accounts);
  check_shards(report, accounts);
  check_graph(report, accounts);
  check_samples(report, accounts);
  return std::move(accounts).problems();
}

std::string equation(const Report& r) {
  return "read " + grouped(r.read) + " = delivered " + grouped(r.delivered) + " + dropped_full " +
         grouped(r.dropped_full) + " + dropped_old " + grouped(r.dropped_old) + " + dropped_pool " +
         grouped(r.dropped_pool) + " + late " + grouped(r.late) + " + duplicate " + grouped(r.duplicate);
}

std::string to_text(const Report& report, const Options& options) {
  return source_lines(report) + ring_line(options) + "delivered   " + count_of(report.delivered, "packet") +
         (options.graph ? " to every stage, each shard in order\n" : " in the order of the source\n") +
         rate_line(report, options) + latency_line(report.latency_ns) + shard_lines(report.shards, options) +
         stage_lines(report.graph) + flow_line(report.flows) +
         format("cpu         %.2f CPUs; shutdown took %.3f s\n", rates_of(report).cpus, report.shutdown_seconds) +
         account_lines(report);
}

}  // namespace packets
