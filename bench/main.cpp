// whorl-bench: measures whorl and its peers side by side. bench/README.md says how, and what the figures mean.

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <utility>

#include "driver/budget.hpp"
#include "driver/machine.hpp"
#include "driver/options.hpp"
#include "driver/report.hpp"
#include "driver/team.hpp"
#include "scenarios/scenarios.hpp"
#include "self_test/self_test.hpp"

namespace bench {
namespace {

Listing all_scenarios() {
  Listing all;
  for (Listing (*const family)() : {limits,
                                    unicast_u64,
                                    unicast_u64_batches,
                                    unicast_64B,
                                    unicast_256B,
                                    unicast_1450B,
                                    mpsc_u64,
                                    contention_s1,
                                    shards_p4,
                                    padding,
                                    push_2p_parallel,
                                    push_pop_1t,
                                    push_wakeable,
                                    sweep_2shards,
                                    revocation,
                                    hints_256,
                                    oversubscribed_16p,
                                    backoff_8p,
                                    stalls,
                                    fairness_p4,
                                    pingpong,
                                    latency_paced,
                                    go_ring,
                                    memory,
                                    reader_choices,
                                    waits,
                                    seed_batches,
                                    disruptor_publish1,
                                    multicast_1p3c,
                                    pipeline_3,
                                    diamond_3,
                                    fanin_3p,
                                    sharded_4p,
                                    event_bus}) {
    const Listing listing = family();
    all.insert(all.end(), listing.begin(), listing.end());
  }
  return all;
}

// The limits are always among them.
std::vector<Scenario> chosen_scenarios(const Listing& all, const std::vector<std::string>& only) {
  std::vector<Scenario> scenarios;
  for (const Listed& listed : all) {
    const bool chosen = only.empty() || std::find(only.begin(), only.end(), listed.id) != only.end();
    if (chosen || listed.id == "limits") scenarios.push_back(listed.make());
  }
  return scenarios;
}

// What --contenders leaves of them.
void keep_wanted(std::vector<Scenario>& scenarios, const Options& options) {
  for (Scenario& scenario : scenarios) {
    std::erase_if(scenario.entries, [&](const Entry& entry) { return !options.wants(entry.contender); });
    std::erase_if(scenario.missing, [&](const std::string& contender) { return !options.wants(contender); });
  }
  std::erase_if(scenarios,
                [](const Scenario& scenario) { return scenario.entries.empty() && scenario.missing.empty(); });
}

// Says which contenders are missing; true when there are none.
bool is_complete(const std::vector<Scenario>& scenarios) {
  std::set<std::string> missing;
  for (const Scenario& scenario : scenarios) missing.insert(scenario.missing.begin(), scenario.missing.end());
  for (const std::string& name : missing) std::cerr << "missing contender: " << name << '\n';
  return missing.empty();
}

// Before anything is measured, so that nothing is measured in vain. What a file has in it stays.
void check_files(const Options& options) {
  if (!options.packages.empty() && !std::ifstream(options.packages)) {
    throw std::runtime_error("cannot read " + options.packages);
  }
  if (options.json.empty()) return;
  const bool was_there = std::filesystem::exists(options.json);
  if (!std::ofstream(options.json, std::ios::app)) throw std::runtime_error("cannot write " + options.json);
  if (!was_there) std::filesystem::remove(options.json);
}

void measure(Run& run) {
  Budget budget(run.options, run.scenarios);
  for (const Scenario& scenario : run.scenarios) {
    const double seconds = budget.next_seconds();
    std::cerr << scenario.id << ": " << seconds << " s\n";
    const auto samples = take_samples(scenario, {.stage = run.stage, .seconds = seconds, .seed = run.seed});
    const std::vector<Row> rows = summarise(scenario, samples);
    run.rows.insert(run.rows.end(), rows.begin(), rows.end());
  }
}

void write_report(const Run& run) {
  if (run.options.json.empty()) return;
  std::ofstream file(run.options.json);
  write_json(file, run);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + run.options.json);
  std::cout << "\nreport: " << run.options.json << '\n';
}

int run(std::span<char* const> arguments) {
  const Listing all = all_scenarios();
  std::vector<std::string> names;
  for (const Listed& listed : all) names.push_back(listed.id);
  const Options options = parse_options(arguments, names);
  if (options.help) {
    std::cout << "whorl-bench: measures whorl and its peers side by side\n" << usage();
    return 0;
  }
  const Stage stage{.cpus = two_cpus(), .real_time = real_time_is_allowed()};
  if (options.self_test) return self_test(stage) ? 0 : 1;

  std::vector<Scenario> scenarios = chosen_scenarios(all, options.only);
  keep_wanted(scenarios, options);
  if (!is_complete(scenarios) && !options.allow_missing) {
    std::cerr << "install their libraries, or say --allow-missing\n";
    return 1;
  }
  if (build_type() != "release") std::cerr << "this is not a release build: its figures mean nothing\n";
  Run run{.options = options,
          .stage = stage,
          .seed = std::random_device{}(),
          .scenarios = std::move(scenarios),
          .rows = {}};
  check_files(run.options);
  measure(run);
  print_tables(std::cout, run);
  write_report(run);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) try {
  return bench::run({arguments + 1, static_cast<std::size_t>(count - 1)});
} catch (const bench::UsageError& error) {
  std::cerr << "whorl-bench: " << error.what() << '\n';
  return 2;
} catch (const std::exception& error) {
  std::cerr << "whorl-bench: " << error.what() << ": no figures\n";
  return 1;
}
