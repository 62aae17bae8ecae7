#include <fstream>
#include <limits>
#include <stdexcept>

#include "budget.hpp"
#include "json.hpp"
#include "machine.hpp"
#include "report.hpp"

namespace bench {
namespace {

// The governor of the first CPU's clock; empty where nobody governs it, as under most hypervisors.
std::string governor() {
  std::string word;
  std::ifstream("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") >> word;
  return word;
}

// Of a cache line, in the usual placement: the median of what was measured around the samples of each row.
double usual_round_trip_ns(const Run& run) {
  const Placement usual = usual_placement(run.rows);
  std::vector<double> all;
  for (const Row& row : run.rows) {
    if (row.placement == usual && usual != Placement::kMixed) all.push_back(row.round_trip_ns);
  }
  return all.empty() ? std::numeric_limits<double>::quiet_NaN() : spread_of(std::move(all)).median;
}

void write_packages(JsonWriter& json, const std::string& path) {
  json.key("packages");
  json.begin_object();
  std::ifstream file(path);
  if (!path.empty() && !file) throw std::runtime_error("cannot read " + path);
  for (std::string name, version; file >> name >> version;) json.field(name, version);
  json.end_object();
}

void write_machine(JsonWriter& json, const Run& run) {
  const Machine machine = this_machine();
  json.key("machine");
  json.begin_object();
  json.field("cpu", machine.cpu);
  json.field("cpus", machine.cpus);
  json.field("architecture", machine.architecture);
  json.field("kernel", machine.kernel);
  json.field("hypervisor", machine.hypervisor);
  json.field("load_average", machine.load_average);
  json.field("governor", governor());
  json.field("line_round_trip_ns", usual_round_trip_ns(run));
  write_packages(json, run.options.packages);
  json.end_object();
}

void write_settings(JsonWriter& json, const Run& run) {
  json.key("settings");
  json.begin_object();
  json.field("mode", run.options.mode);
  const bool is_fixed = run.options.seconds > 0;
  json.key("seconds");  // in all; null when a scenario's were given
  is_fixed ? json.null() : json.value(allowance_of(run.options).run);
  json.field("seconds_per_scenario", is_fixed ? run.options.seconds : allowance_of(run.options).scenario);
  json.field("scheduling", run.stage.real_time ? "SCHED_FIFO bursts for pinned samples, except wait_*" : "SCHED_OTHER");
  json.field("pinned_cpus", std::to_string(run.stage.cpus.first) + " and " + std::to_string(run.stage.cpus.second));
  json.field("machine_flags", BENCH_MACHINE_FLAGS);
  json.field("placements", "line round trip in ns: smt < 75, near 75-250, far > 350, before and after; else mixed");
  json.field("usual_placement", name_of(usual_placement(run.rows)));
  json.field("seed", run.seed);
  json.end_object();
}

// What each scenario asks, by its name.
void write_scenarios(JsonWriter& json, const Run& run) {
  json.key("scenarios");
  json.begin_object();
  for (const Scenario& scenario : run.scenarios) json.field(scenario.id, scenario.summary);
  json.end_object();
}

const char* name_of(Producers producers) noexcept {
  switch (producers) {
    case Producers::kOne:
      return "one";
    case Producers::kOneEach:
      return "one_each";
    case Producers::kAny:
      break;
  }
  return "any";
}

void write_row(JsonWriter& json, const Row& row) {
  const Unit unit = row.entry->unit;
  const bool quoted = row.placement != Placement::kMixed;
  json.begin_object();
  json.field("scenario", row.scenario);
  json.field("contender", row.entry->contender);
  json.key("producers");
  row.entry->producers ? json.value(name_of(*row.entry->producers)) : json.null();
  json.key("params");
  json.begin_object();
  for (const auto& [name, value] : row.entry->parameters) json.field(name, value);
  json.end_object();
  json.field("unit", name_of(unit));
  json.field("better", less_is_better(unit) ? "less" : "more");
  json.field("placement", name_of(row.placement));
  const std::pair<const char*, double> figures[] = {
      {"median", row.figure.median}, {"low", row.figure.low}, {"high", row.figure.high}};
  for (const auto& [name, figure] : figures) {
    json.key(name);
    quoted ? json.value(figure) : json.null();
  }
  json.field("samples", row.samples);
  json.field("round_trip_ns", row.round_trip_ns);
  json.field("accepted", row.accepted);
  json.field("delivered", row.delivered);
  json.field("refused", row.refused);
  json.field("capacity", row.entry->capacity);
  json.field("pinned", row.entry->pinned);
  json.field("threads", row.entry->threads);
  json.end_object();
}

void write_missing(JsonWriter& json, const Scenario& scenario) {
  for (const std::string& contender : scenario.missing) {
    json.begin_object();
    json.field("scenario", scenario.id);
    json.field("contender", contender);
    json.field("incomplete", true);
    json.end_object();
  }
}

}  // namespace

void write_json(std::ostream& out, const Run& run) {
  JsonWriter json(out);
  json.begin_object();
  write_machine(json, run);
  json.field("commit", commit());
  json.field("compiler", compiler());
  json.field("build_type", build_type());
  json.field("date", utc_date());
  write_settings(json, run);
  write_scenarios(json, run);
  json.key("results");
  json.begin_array();
  for (const Row& row : run.rows) write_row(json, row);
  for (const Scenario& scenario : run.scenarios) write_missing(json, scenario);
  json.end_array();
  json.end_object();
  out << '\n';
}

}  // namespace bench
