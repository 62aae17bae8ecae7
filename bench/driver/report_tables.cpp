#include <algorithm>
#include <iomanip>
#include <sstream>

#include "report.hpp"

namespace bench {
namespace {

bool is_whorl(const Row& row) { return row.entry->contender.starts_with("whorl/"); }
bool is_peer(const Row& row) { return !is_whorl(row) && row.entry->producers.has_value(); }

// Whether the tables show it: rows of the usual placement, and of none. Mixed ones never.
bool is_quoted(const Row& row, Placement usual) {
  return row.placement == Placement::kAny || (row.placement == usual && usual != Placement::kMixed);
}

// Whether `peer` can do what `ours` does: a queue for one producer is no peer of a shard that any producer may use.
bool is_legal_peer(const Row& peer, const Row& ours) {
  return is_peer(peer) && peer.entry->unit == ours.entry->unit &&
         (ours.entry->producers != Producers::kAny || peer.entry->producers != Producers::kOne);
}

// Of two rows with the same unit; also where a figure is zero.
bool is_better(const Row& a, const Row& b) {
  return less_is_better(a.entry->unit) ? a.figure.median < b.figure.median : a.figure.median > b.figure.median;
}

// How many times better `ours` is, whatever the unit. Neither figure is zero.
double times_better(const Row& ours, const Row& peer) {
  const double ratio = ours.figure.median / peer.figure.median;
  return less_is_better(ours.entry->unit) ? 1 / ratio : ratio;
}

std::string number(double value, int decimals) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(decimals) << value;
  return out.str();
}

// Items per second are shown in millions.
std::string shown(double figure, Unit unit) {
  if (unit == Unit::kItemsPerSecond) return number(figure / 1e6, figure < 1e7 ? 4 : 1);
  const bool whole = unit == Unit::kBytes || unit == Unit::kInstructions;
  return number(figure, whole ? 0 : 2);
}

// The first parameter, and which of several figures it is, name the block that a row belongs to; contenders are compared
// within their block.
std::string block_of(const Row& row) {
  const Parameters& parameters = row.entry->parameters;
  std::string block;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, value] = parameters[i];
    if (i == 0 || name == "figure") block += (block.empty() ? "" : ", ") + name + ": " + value;
  }
  return block;
}

// The first parameter that the block's name does not say; empty where there is none.
std::string setting_of(const Row& row) {
  const Parameters& parameters = row.entry->parameters;
  for (std::size_t i = 1; i < parameters.size(); ++i) {
    if (parameters[i].first != "figure") return parameters[i].second;
  }
  return {};
}

std::string against_best_peer(const Row& ours, std::span<const Row> rows) {
  const Row* best = nullptr;
  for (const Row& row : rows) {
    if (is_legal_peer(row, ours) && (best == nullptr || is_better(row, *best))) best = &row;
  }
  if (best == nullptr) return {};
  if (ours.figure.median == 0 || best->figure.median == 0) return "- " + best->entry->contender;
  return number(times_better(ours, *best), 2) + " x " + best->entry->contender;
}

void print_row(std::ostream& out, const Row& row, std::span<const Row> block) {
  const Unit unit = row.entry->unit;
  std::ostringstream range;
  range << " [" << shown(row.figure.low, unit) << " .. " << shown(row.figure.high, unit) << ']';
  out << "    " << std::left << std::setw(23) << row.entry->contender << std::right << std::setw(10)
      << shown(row.figure.median, unit) << std::setw(24) << range.str() << std::setw(6) << row.samples << std::setw(8)
      << row.entry->capacity << "   ";
  if (const std::string setting = setting_of(row); !setting.empty()) out << std::left << std::setw(19) << setting;
  if (is_whorl(row)) out << against_best_peer(row, block);
  out << '\n';
}

void print_block(std::ostream& out, const std::string& name, std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.entry->unit != b.entry->unit ? a.entry->unit < b.entry->unit : is_better(a, b);
  });
  if (!name.empty()) out << "  " << name << '\n';
  for (const Row& row : rows) print_row(out, row, rows);
}

void print_scenario(std::ostream& out, const Scenario& scenario, std::span<const Row> rows, Placement placement) {
  out << '\n' << scenario.id << ": " << scenario.summary << '\n';
  out << "    contender                  median     [quartile .. quartile]     n     cap\n";
  std::vector<std::string> blocks;
  for (const Row& row : rows) {
    if (row.scenario == scenario.id && std::find(blocks.begin(), blocks.end(), block_of(row)) == blocks.end()) {
      blocks.push_back(block_of(row));
    }
  }
  for (const std::string& block : blocks) {
    std::vector<Row> chosen;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(chosen), [&](const Row& row) {
      return row.scenario == scenario.id && is_quoted(row, placement) && block_of(row) == block;
    });
    print_block(out, block, std::move(chosen));
  }
  for (const std::string& name : scenario.missing) {
    out << "    " << name << ": incomplete, its library was not found\n";
  }
}

}  // namespace

void print_tables(std::ostream& out, const Run& run) {
  const Placement usual = usual_placement(run.rows);
  const auto quotable = [usual](const Row& row) { return is_quoted(row, usual); };
  if (std::none_of(run.rows.begin(), run.rows.end(), quotable)) {
    out << "No two round trips of any sample agreed on a placement: there is nothing to quote. Run it again.\n";
    return;
  }
  std::size_t all = 0;
  std::size_t quoted = 0;
  for (const Row& row : run.rows) {
    all += row.samples;
    quoted += quotable(row) ? row.samples : 0;
  }
  out << "Placement: " << name_of(usual == Placement::kMixed ? Placement::kAny : usual) << " (" << quoted << " of "
      << all << " samples; the others are in the JSON). Items per second in millions, times in ns.\n";
  for (const Scenario& scenario : run.scenarios) print_scenario(out, scenario, run.rows, usual);
}

}  // namespace bench
