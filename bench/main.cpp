// whorl-bench: measures whorl and its peers side by side. bench/README.md says how, and what the figures mean.

#include <algorithm>
#include <exception>
#include <fstream>
#include <iostream>
#include <random>
#include <set>

#include "driver/machine.hpp"
#include "driver/options.hpp"
#include "driver/report.hpp"
#include "driver/team.hpp"
#include "scenarios/scenarios.hpp"
#include "self_test/self_test.hpp"

namespace bench {
namespace {

std::vector<Scenario> all_scenarios() {
  return {limits(),        unicast_u64_b1_c65536(), unicast_64B_b1_c65536(),
          mpsc_u64_p4(),   push_2p_parallel(),      reader_choices_u64_c1024(),
          wait_idle_cpu(), wait_wake_up(),          wait_throughput()};
}

std::vector<Scenario> chosen_scenarios(std::vector<Scenario> scenarios, const std::vector<std::string>& only) {
  if (only.empty()) return scenarios;
  std::erase_if(scenarios, [&](const Scenario& scenario) {
    return scenario.id != "limits" && std::find(only.begin(), only.end(), scenario.id) == only.end();
  });
  return scenarios;
}

// Says which contenders are missing; true when there are none.
bool is_complete(const std::vector<Scenario>& scenarios) {
  std::set<std::string> missing;
  for (const Scenario& scenario : scenarios) missing.insert(scenario.missing.begin(), scenario.missing.end());
  for (const std::string& name : missing) std::cerr << "missing contender: " << name << '\n';
  return missing.empty();
}

void measure(Run& run) {
  for (const Scenario& scenario : run.scenarios) {
    const double share = scenario.id == "limits" ? 0.2 : 1.0;  // three quick entries
    const double seconds = run.options.seconds_per_scenario() * share;
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
  std::vector<Scenario> scenarios = all_scenarios();
  std::vector<std::string> names;
  for (const Scenario& scenario : scenarios) names.push_back(scenario.id);
  const Options options = parse_options(arguments, names);
  if (options.help) {
    std::cout << "whorl-bench: measures whorl and its peers side by side\n" << usage();
    return 0;
  }
  const Stage stage{.cpus = two_cpus(), .real_time = real_time_is_allowed()};
  if (options.self_test) return self_test(stage) ? 0 : 1;

  scenarios = chosen_scenarios(std::move(scenarios), options.only);
  if (!is_complete(scenarios) && !options.allow_missing) {
    std::cerr << "install their libraries, or say --allow-missing\n";
    return 1;
  }
  if (build_type() != "release") std::cerr << "this is not a release build: its figures mean nothing\n";
  Run run{.options = options, .stage = stage, .seed = std::random_device{}(), .scenarios = scenarios, .rows = {}};
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
