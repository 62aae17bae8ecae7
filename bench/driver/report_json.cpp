#include "json.hpp"
#include "machine.hpp"
#include "report.hpp"

namespace bench {
namespace {

void write_machine(JsonWriter& json) {
  const Machine machine = this_machine();
  json.key("machine");
  json.begin_object();
  json.field("cpu", machine.cpu);
  json.field("cpus", machine.cpus);
  json.field("architecture", machine.architecture);
  json.field("kernel", machine.kernel);
  json.field("hypervisor", machine.hypervisor);
  json.field("load_average", machine.load_average);
  json.end_object();
}

void write_settings(JsonWriter& json, const Run& run) {
  json.key("settings");
  json.begin_object();
  json.field("mode", run.options.mode);
  json.field("seconds_per_scenario", run.options.seconds_per_scenario());
  json.field("scheduling", run.stage.real_time ? "SCHED_FIFO bursts for pinned samples, except wait_*" : "SCHED_OTHER");
  json.field("pinned_cpus", std::to_string(run.stage.cpus.first) + " and " + std::to_string(run.stage.cpus.second));
  json.field("machine_flags", BENCH_MACHINE_FLAGS);
  json.field("placements", "line round trip in ns: smt < 75, near 75-250, far > 350, before and after; else mixed");
  json.field("usual_placement", name_of(usual_placement(run.rows)));
  json.field("seed", run.seed);
  json.end_object();
}

void write_row(JsonWriter& json, const Row& row) {
  const bool quoted = row.placement != Placement::kMixed;
  json.begin_object();
  json.field("scenario", row.scenario);
  json.field("contender", row.entry->contender);
  json.key("params");
  json.begin_object();
  for (const auto& [name, value] : row.entry->parameters) json.field(name, value);
  json.end_object();
  json.field("unit", name_of(row.entry->unit));
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
  write_machine(json);
  json.field("commit", commit());
  json.field("compiler", compiler());
  json.field("build_type", build_type());
  json.field("date", utc_date());
  write_settings(json, run);
  json.key("results");
  json.begin_array();
  for (const Row& row : run.rows) write_row(json, row);
  for (const Scenario& scenario : run.scenarios) write_missing(json, scenario);
  json.end_array();
  json.end_object();
  out << '\n';
}

}  // namespace bench
