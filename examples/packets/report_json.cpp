#include <cmath>

#include "report.hpp"
#include "report_figures.hpp"
#include "text.hpp"

namespace packets {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for_each_character(text, [&](std::string_view character) {
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (character.size() == 1 && is_control(character)) {
      out += format("\\u%04x", static_cast<unsigned>(character[0]));
    } else {
      out += character;
    }
  });
  return out + '"';
}

// JSON has no word for what is no number.
std::string real(double value, int digits) { return format("%.*f", digits, std::isfinite(value) ? value : 0.0); }

template <class Items, class Write>
std::string array(const Items& items, Write&& write) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + write(item);
  return '[' + out + ']';
}

// An object, its members in the order in which they are added.
class Object {
 public:
  explicit Object(const char* separator = ", ") : separator_(separator) {}

  Object& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
  Object& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  Object& ns(std::string_view name, std::chrono::nanoseconds value) { return raw(name, std::to_string(value.count())); }
  Object& real(std::string_view name, double value, int digits) { return raw(name, packets::real(value, digits)); }
  Object& truth(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Object& raw(std::string_view name, const std::string& value) {
    if (!members_.empty()) members_ += separator_;
    members_ += quoted(name) + ": " + value;
    return *this;
  }
  const std::string& members() const { return members_; }
  std::string str() const { return '{' + members_ + '}'; }

 private:
  const char* separator_;
  std::string members_;
};

void add_settings(Object& json, const Options& options) {
  json.text("source", source_word(options.from))
      .text("input", options.input)
      .number("loops", options.loops)
      .number("producers", options.producers)
      .number("shards", options.shards)
      .number("capacity", options.capacity)
      .text("full", full_word(options.full))
      .text("strategy", options.strategy)
      .ns("tick_ns", options.tick)
      .number("window", options.window)
      .ns("deadline_ns", options.deadline)
      .number("payload", options.payload)
      .real("bits_per_second", options.bits_per_second, 3)
      .number("seed", options.seed)
      .ns("duration_ns", options.duration);
}

void add_counts(Object& json, const Report& report) {
  json.truth("stopped", report.stopped)
      .text("trouble", report.trouble)
      .number("read", report.read)
      .number("delivered", report.delivered)
      .number("dropped_full", report.dropped_full)
      .number("dropped_old", report.dropped_old)
      .number("dropped_pool", report.dropped_pool)
      .number("late", report.late)
      .number("duplicate", report.duplicate)
      .number("gaps", report.gaps)
      .number("orders", report.orders)
      .number("withheld", report.withheld)
      .number("repeated", report.repeated)
      .number("kernel_dropped", report.kernel_dropped)
      .number("damaged", report.damaged);
  const std::vector<std::string> problems = unbalanced(report);
  json.truth("balanced", problems.empty()).raw("problems", array(problems, quoted)).text("equation", equation(report));
}

void add_rates(Object& json, const Report& report) {
  const Rates rates = rates_of(report);
  const LatencyHistogram& ns = report.latency_ns;
  json.real("seconds", report.seconds, 6)
      .real("shutdown_seconds", report.shutdown_seconds, 6)
      .real("cpu_seconds", report.cpu_seconds, 6)
      .real("cpus", rates.cpus, 3)
      .real("packets_per_second", rates.packets, 1)
      .real("megabits_per_second", rates.megabits, 3)
      .real("payload_megabits_per_second", rates.payload_megabits, 3)
      .raw("latency_ns", Object()
                             .number("p50", ns.percentile(0.5))
                             .number("p99", ns.percentile(0.99))
                             .number("p999", ns.percentile(0.999))
                             .number("max", ns.max())
                             .str());
}

void add_ring(Object& json, const Report& report) {
  json.raw("per_shard", array(report.shards, [](const ShardCount& shard) {
             return Object().number("written", shard.written).number("delivered", shard.delivered).str();
           }));
  whorl::RingStats all;
  for (const whorl::RingStats& shard : report.ring) all += shard;
  json.raw("ring", Object()
                       .number("accepted", all.accepted)
                       .number("refused", all.refused)
                       .number("delivered", all.delivered)
                       .number("tombstones", all.tombstones)
                       .number("backoffs", all.backoffs)
                       .number("parks", all.parks)
                       .str());
}

void add_flows(Object& json, const FlowTable& flows) {
  Object protocols;
  for (const auto& [name, traffic] : flows.protocols()) {
    protocols.raw(name, Object().number("packets", traffic.packets).number("bytes", traffic.bytes).str());
  }
  json.raw("protocols", protocols.str()).number("flows", flows.flows());
  json.raw("top_flows", array(flows.top(kTopFlows), [](const FlowCount& flow) {
             return Object()
                 .text("protocol", flow.protocol)
                 .text("a", flow.a)
                 .text("b", flow.b)
                 .number("packets", flow.traffic.packets)
                 .number("bytes", flow.traffic.bytes)
                 .str();
           }));
}

std::string shares_of(const LatencyHistogram& counts) {
  return Object()
      .number("p50", counts.percentile(0.5))
      .number("p99", counts.percentile(0.99))
      .number("max", counts.max())
      .str();
}

std::string stage_object(const StageCounts& stage) {
  return Object()
      .text("name", stage.name)
      .text("after", stage.after)
      .number("packets", packets_of(stage))
      .raw("per_shard", array(stage.packets, [](std::uint64_t packets) { return std::to_string(packets); }))
      .number("batches", stage.batches)
      .real("mean_batch", mean_batch(stage), 3)
      .raw("batch", shares_of(stage.batch_size))
      .raw("lag", shares_of(stage.lag))
      .number("out_of_turn", stage.out_of_turn)
      .number("ahead", stage.ahead)
      .str();
}

// Only where there is a graph.
void add_graph(Object& json, const Report& report, const Options& options) {
  if (report.graph.stages.empty()) return;
  json.raw("graph", Object()
                        .raw("stages", array(report.graph.stages, stage_object))
                        .real("skew", skew_of(report.graph.stages.back().packets, options.producers), 4)
                        .str());
}

std::string sample_object(const Sample& sample) {
  Object json;
  json.real("seconds", sample.seconds, 6)
      .real("length", sample.length, 6)
      .number("read", sample.read)
      .number("delivered", sample.delivered)
      .number("bytes", sample.bytes)
      .number("dropped", sample.dropped)
      .number("p99_ns", sample.p99_ns)
      .raw("fill", array(sample.fill, [](std::size_t items) { return std::to_string(items); }));
  if (!sample.lag.empty()) {
    json.raw("lag", array(sample.lag, [](std::uint64_t packets) { return std::to_string(packets); }));
  }
  return json.str();
}

}  // namespace

std::string to_json(const Report& report, const Options& options) {
  Object json(",\n  ");
  add_settings(json, options);
  add_counts(json, report);
  add_rates(json, report);
  add_ring(json, report);
  add_graph(json, report, options);
  add_flows(json, report.flows);
  json.raw("samples", array(report.samples, sample_object));
  return "{\n  " + json.members() + "\n}\n";
}

}  // namespace packets
