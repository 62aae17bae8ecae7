#include <algorithm>

#include "charts.hpp"
#include "page.hpp"
#include "points.hpp"
#include "report.hpp"
#include "report_figures.hpp"
#include "report_graph_html.hpp"
#include "text.hpp"

namespace packets {
namespace {

// No colour tells anything alone; those of the lines can be told apart by the colour-blind, too.
constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2024; --quiet: #5d6570; --rule: #dfe3e8;
  --read: #9db7d8; --delivered: #0b5cad; --dropped: #c2410c; --fullest: #b45309; --heat: #0b5cad; --bar: #d6e6f7;
  --bad: #b3171f; --bad-page: #fdecec; --good: #1a7f37; --warn: #8a5a00; --warn-page: #fff5dc; }
@media (prefers-color-scheme: dark) {
  :root { --page: #111418; --card: #1a1f25; --text: #e4e8ed; --quiet: #98a2ae; --rule: #313943;
    --read: #4d6585; --delivered: #6cb2ff; --dropped: #ff9457; --fullest: #f2b84b; --heat: #6cb2ff; --bar: #1f3a57;
    --bad: #ff8a85; --bad-page: #3a1a1c; --good: #57c777; --warn: #f2c55c; --warn-page: #35290e; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 20px 16px 40px; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 22px; } h2 { margin: 0 0 8px; font-size: 16px; }
header p { margin: 4px 0 0; color: var(--quiet); overflow-wrap: anywhere; }
section, figure, .card { margin: 0; padding: 14px 16px; background: var(--card); border: 1px solid var(--rule);
  border-radius: 8px; min-width: 0; }
.cards, .grid { display: grid; gap: 12px; margin-top: 12px; }
.cards { grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); }
.grid { grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); }
.wide { grid-column: 1 / -1; }
.card b { display: block; font-size: 21px; letter-spacing: -.02em; line-height: 1.25; overflow-wrap: anywhere; }
.card small, .unit, .none { color: var(--quiet); font-size: 13px; font-weight: normal; }
b.long { font-size: 16px; line-height: 1.64; }
.card span { color: var(--quiet); }
.bad b, b.bad { color: var(--bad); } .good b { color: var(--good); }
.problems, .trouble { margin-top: 12px; overflow-wrap: anywhere; }
.problems { border-color: var(--bad); background: var(--bad-page); color: var(--bad); }
.trouble { border-color: var(--warn); background: var(--warn-page); color: var(--warn); }
.problems ul { margin: 0; padding-left: 20px; }
figcaption { font-weight: 600; }
.legend { margin: 2px 0 0; color: var(--quiet); font-size: 13px; } .legend span { margin-right: 12px; }
.legend i { display: inline-block; width: 16px; height: 0; margin-right: 5px; vertical-align: middle;
  border-top: 3px solid; }
.frame { padding: 12px 14px 28px 58px; } .frame > svg { display: block; }
.frame svg { overflow: visible; }
svg text { fill: var(--quiet); font-size: 12px; } svg .value { fill: var(--text); }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.level { stroke: var(--rule); } .axis { stroke: var(--quiet); }
path { fill: none; stroke-width: 1.7; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.dot { stroke-width: 8; stroke-linecap: round; }
path.read { stroke: var(--read); stroke-width: 4; } i.read { border-color: var(--read); }
path.delivered { stroke: var(--delivered); } i.delivered { border-color: var(--delivered); }
path.dropped { stroke: var(--dropped); } i.dropped { border-color: var(--dropped); }
path.fullest { stroke: var(--fullest); } i.fullest { border-color: var(--fullest); }
path.last { stroke: var(--text); stroke-width: 1; } i.last { border-color: var(--text); }
.tip { fill: transparent; } .tip:hover { fill: var(--quiet); fill-opacity: .2; }
.stem { stroke: var(--read); stroke-width: 3; } .mark { fill: var(--delivered); }
.node { fill: var(--page); stroke: var(--quiet); } path.tip-of { fill: var(--quiet); }
.shades { vertical-align: middle; }
.h0 { fill: var(--rule); fill-opacity: .45; } .h1 { fill: var(--heat); fill-opacity: .14; }
.h2 { fill: var(--heat); fill-opacity: .22; } .h3 { fill: var(--heat); fill-opacity: .3; }
.h4 { fill: var(--heat); fill-opacity: .4; } .h5 { fill: var(--heat); fill-opacity: .5; }
.h6 { fill: var(--heat); fill-opacity: .6; } .h7 { fill: var(--heat); fill-opacity: .7; }
.h8 { fill: var(--heat); fill-opacity: .8; } .h9 { fill: var(--heat); fill-opacity: .9; } .h10 { fill: var(--dropped); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { color: var(--quiet); font-weight: 600; }
th, td { padding: 3px 10px 3px 0; text-align: left; border-bottom: 1px solid var(--rule); white-space: nowrap; }
.number { text-align: right; } td:last-child, th:last-child { padding-right: 6px; }
.bar { background: linear-gradient(var(--bar) 0 0) no-repeat left / var(--share) 78%; min-width: 90px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; font-size: 14px; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.sums { margin: 0; padding: 0; list-style: none; font-size: 14px; } .sums li { padding: 2px 0; }
)css";

constexpr std::size_t kMostColumns = 100;
constexpr std::size_t kMostRows = 64;
constexpr std::size_t kMostShards = 16;

// --- charts

double rate(std::uint64_t count, const Sample& sample) { return per_second(static_cast<double>(count), sample.length); }

std::string tip_of(const Sample& sample) {
  return format("%.2f to %.2f s\nread ", sample.seconds - sample.length, sample.seconds) + grouped(sample.read) +
         "\ndelivered " + grouped(sample.delivered) + " (" + with_prefix(rate(sample.delivered, sample)) +
         "/s)\npayload " + with_prefix(rate(sample.bytes, sample) * 8, "bit/s") + "\ndropped " +
         grouped(sample.dropped) + "\np99 in the ring " + ns_text(sample.p99_ns);
}

std::string number_label(double value) { return with_prefix(value); }

std::string rate_chart(const std::vector<Point>& points) {
  TimeChart chart{.title = "Rates", .unit = "packets/s", .moments = moments_of(points), .label = number_label};
  chart.steps = true;
  for (const Point& point : points) chart.tips.push_back(tip_of(point.sum));
  const auto of = [&](std::uint64_t Sample::* count) {
    return values_of(points, [count](const Point& point) { return rate(point.sum.*count, point.sum); });
  };
  chart.series = {{"read", "read", of(&Sample::read)},
                  {"delivered", "delivered", of(&Sample::delivered)},
                  {"dropped", "dropped", of(&Sample::dropped)}};
  return time_chart(chart);
}

std::string percent_label(double value) { return short_number(value) + " %"; }

std::string fill_chart(const std::vector<Point>& points, const Options& options) {
  TimeChart chart{.title = "Fill", .unit = "of capacity", .moments = moments_of(points), .label = percent_label};
  chart.least_top = 5;
  const double capacity = static_cast<double>(std::max<std::size_t>(options.capacity, 1));
  const double slots = capacity / static_cast<double>(std::max<std::size_t>(options.shards, 1));
  const std::vector<double> whole =
      values_of(points, [&](const Point& point) { return 100 * static_cast<double>(point.whole) / capacity; });
  const std::vector<double> fullest = values_of(points, [&](const Point& point) {
    const auto& fill = point.sum.fill;
    return fill.empty() ? 0 : 100 * static_cast<double>(*std::max_element(fill.begin(), fill.end())) / slots;
  });
  for (std::size_t i = 0; i < points.size(); ++i) {
    chart.tips.push_back(format("%.2f to %.2f s\nthe ring %.1f %%\nfullest shard %.1f %%", chart.moments[i].begin,
                                chart.moments[i].end, whole[i], fullest[i]));
  }
  chart.series = {{"fullest shard", "fullest", fullest}, {"the ring", "delivered", whole}};
  return time_chart(chart);
}

std::string micro_label(double ns) { return ns > 0 ? readable_ns(ns, kMicro) : "0"; }

std::string wait_chart(const std::vector<Point>& points) {
  TimeChart chart{.title = "Time in the ring", .unit = "p99", .moments = moments_of(points), .label = micro_label};
  chart.steps = true;
  for (const Point& point : points) chart.tips.push_back(tip_of(point.sum));
  chart.series = {
      {"p99", "delivered", values_of(points, [](const Point& p) { return static_cast<double>(p.sum.p99_ns); })}};
  return time_chart(chart);
}

// A row is a shard, or several neighbours, of which the fullest counts.
std::string shard_chart(const std::vector<Point>& points, const Options& options) {
  if (options.shards < 2) return {};
  const double slots = static_cast<double>(options.capacity) / static_cast<double>(options.shards);
  const std::size_t each = (options.shards + kMostRows - 1) / kMostRows;
  HeatMap map{.title = "Fill of each shard", .unit = "of its slots", .moments = moments_of(points)};
  if (each > 1) map.unit += format("; the fullest of %zu neighbours", each);
  for (std::size_t first = 0; first < options.shards; first += each) {
    const std::size_t end = std::min(first + each, options.shards);
    map.names.push_back(each == 1 ? std::to_string(first) : format("%zu\xe2\x80\x93%zu", first, end - 1));
    map.shares.push_back(values_of(points, [&](const Point& point) {
      std::size_t greatest = 0;
      for (std::size_t i = first; i < std::min(end, point.sum.fill.size()); ++i) {
        greatest = std::max(greatest, point.sum.fill[i]);
      }
      return slots > 0 ? std::min(1.0, static_cast<double>(greatest) / slots) : 0;
    }));
  }
  return "<div class=\"wide\">" + heat_map(map) + "</div>\n";
}

std::string latency_chart(const LatencyHistogram& ns) {
  std::vector<Mark> marks;
  if (ns.count() != 0) {
    for (const auto& [name, share] :
         {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}}) {
      marks.push_back({name, static_cast<double>(ns.percentile(share))});
    }
    marks.push_back({"max", static_cast<double>(ns.max())});
  }
  return duration_chart("Time in the ring, percentiles", marks);
}

std::string charts(const Report& report, const Options& options) {
  const std::vector<Point> points = points_of(report.samples, kMostPoints);
  return "<div class=\"grid\">\n" + rate_chart(points) + fill_chart(points, options) +
         shard_chart(points_of(report.samples, kMostColumns), options) + wait_chart(points) +
         latency_chart(report.latency_ns) + "</div>\n";
}

// --- tables

std::string shard_table(const Report& report, const Options& options) {
  const bool together = report.shards.size() == 1 && options.shards > 1;
  Table table({"shard", "written", "delivered", "refused", "parks", "share"}, 1);
  std::uint64_t all = 0;
  for (const ShardCount& shard : report.shards) all += shard.delivered;
  for (std::size_t i = 0; i < report.shards.size() && i < kMostShards; ++i) {
    const ShardCount& shard = report.shards[i];
    const whorl::RingStats ring = i < report.ring.size() ? report.ring[i] : whorl::RingStats{};
    const double share = share_of(shard.delivered, all);
    table.row({together ? "all" : std::to_string(i), grouped(shard.written), grouped(shard.delivered),
               grouped(ring.refused), grouped(ring.parks), percent(share, 1)},
              share);
  }
  std::string more;
  if (report.shards.size() > kMostShards) {
    more = "<p class=\"none\">and " + grouped(report.shards.size() - kMostShards) + " more</p>\n";
  }
  return section("Shards", table.str() + more);
}

std::string protocol_table(const Report& report) {
  Table table({"protocol", "packets", "bytes", "share of bytes"}, 1);
  std::uint64_t all = 0;
  for (const auto& [name, traffic] : report.flows.protocols()) all += traffic.bytes;
  bool any = false;
  for (const auto& [name, traffic] : report.flows.protocols()) {
    if (traffic.packets == 0) continue;
    any = true;
    const double share = share_of(traffic.bytes, all);
    table.row({name, grouped(traffic.packets), readable_bytes(traffic.bytes), percent(share, 1)}, share);
  }
  return section("Protocols", any ? table.str() : "<p class=\"none\">no packets</p>\n");
}

std::string flow_table(const Report& report) {
  const std::vector<FlowCount> flows = report.flows.top(kTopFlows);
  if (flows.empty()) return section("Flows", "<p class=\"none\">no packets</p>\n", "wide");
  std::uint64_t all = 0;
  for (const auto& [name, traffic] : report.flows.protocols()) all += traffic.bytes;
  Table table({"protocol", "one end", "the other end", "packets", "bytes", "share of bytes"}, 3);
  const auto add = [&](const std::string& protocol, const std::string& a, const std::string& b, Traffic traffic) {
    const double share = share_of(traffic.bytes, all);
    table.row({protocol, a, b, grouped(traffic.packets), readable_bytes(traffic.bytes), percent(share, 1)}, share);
  };
  for (const FlowCount& flow : flows) add(flow.protocol, flow.a, flow.b, flow.traffic);
  if (report.flows.others().packets != 0) add("beyond the table", "", "", report.flows.others());
  const std::string count = "<p class=\"none\">" + grouped(flows.size()) + " of " + grouped(report.flows.flows()) +
                            ", those with the most bytes</p>\n";
  return section("Flows", table.str() + count, "wide");
}

// --- the rest

std::string cards(const Report& report, const Options& options, bool balanced) {
  const Rates rates = rates_of(report);
  const LatencyHistogram& ns = report.latency_ns;
  const std::uint64_t lost = dropped(report);
  std::string html = "<div class=\"cards\">\n";
  html +=
      card("Delivered", grouped(report.delivered),
           format(options.graph ? "packets to every stage, in %.3f s" : "packets in order, in %.3f s", report.seconds));
  html += card("Rate", with_prefix(rates.packets) + "/s", format("%.1f Mbit/s", rates.megabits));
  html += card(
      "Dropped", grouped(lost),
      percent(static_cast<double>(lost), static_cast<double>(report.read)) + " of " + grouped(report.read) + " read",
      lost != 0 ? "bad" : "");
  html += ns.count() == 0 ? card("p99 in the ring", "\xe2\x80\x93", "nothing went through")
                          : card("p99 in the ring", ns_text(ns.percentile(0.99)),
                                 "p50 " + ns_text(ns.percentile(0.5)) + ", max " + ns_text(ns.max()));
  html += card("CPUs", format("%.2f", rates.cpus), format("%.2f s of CPU time", report.cpu_seconds));
  html += card("Balanced", balanced ? "yes" : "no",
               balanced ? "every packet is accounted for" : "packets are not accounted for", balanced ? "good" : "bad");
  return html + "</div>\n";
}

std::string header(const Report& report) {
  std::string html = "<header>\n<h1>whorl-packets</h1>\n<p>" + escaped(report.source) + "</p>\n</header>\n";
  std::string trouble;
  if (!report.trouble.empty()) trouble += "<div>" + escaped(report.trouble) + "</div>\n";
  if (report.stopped) trouble += "<div>stopped before the end of the source</div>\n";
  if (report.kernel_dropped != 0) {
    trouble += "<div>kernel dropped " + grouped(report.kernel_dropped) + " packets before they could be read</div>\n";
  }
  return trouble.empty() ? html : html + "<section class=\"trouble\">\n" + trouble + "</section>\n";
}

std::string problem_list(const std::vector<std::string>& problems) {
  if (problems.empty()) return {};
  std::string html = "<section class=\"problems\" id=\"problems\">\n<h2>The accounts do not balance</h2>\n<ul>\n";
  for (const std::string& problem : problems) html += "<li>" + escaped(problem) + "</li>\n";
  return html + "</ul>\n</section>\n";
}

std::string accounts(const Report& report) {
  std::string html = "<ul class=\"sums\">\n<li>" + escaped(equation(report)) + "</li>\n";
  if (report.dense) {
    html += "<li>orders " + grouped(report.orders) + " = delivered " + grouped(report.delivered) + " + gaps " +
            grouped(report.gaps) + "</li>\n<li>withheld on purpose " + grouped(report.withheld) + ", repeated " +
            grouped(report.repeated) + "; damaged " + grouped(report.damaged) + "</li>\n";
  } else {
    html += "<li>gaps cannot be known of this source; kernel dropped " + grouped(report.kernel_dropped) + "</li>\n";
  }
  whorl::RingStats ring;
  for (const whorl::RingStats& shard : report.ring) ring += shard;
  html += "<li>ring: accepted " + grouped(ring.accepted) + ", refused " + grouped(ring.refused) + ", delivered " +
          grouped(ring.delivered) + ", tombstones " + grouped(ring.tombstones) + ", backoffs " +
          grouped(ring.backoffs) + ", parks " + grouped(ring.parks) + "</li>\n";
  return section("Accounts", html + "</ul>\n");
}

using Setting = std::pair<const char*, std::string>;

std::string duration_or(std::chrono::nanoseconds value, const char* instead) {
  return value.count() == 0 ? instead : readable_ns(static_cast<double>(value.count()), kMicro);
}

std::vector<Setting> source_settings(const Options& options) {
  std::vector<Setting> settings = {{"source", source_word(options.from)}, {"input", options.input}};
  if (options.from == From::file) {
    settings.emplace_back("loops", grouped(options.loops));
    settings.emplace_back("speed", options.packets_per_second > 0
                                       ? with_prefix(options.packets_per_second) + " packets/s"
                                   : options.time_scale > 0 ? short_number(options.time_scale) + " x"
                                                            : "as fast as it can");
  } else if (options.from == From::live) {
    settings.emplace_back("filter", options.filter.empty() ? "everything" : options.filter);
    settings.emplace_back("snap", grouped(options.snap) + " bytes");
    settings.emplace_back("kernel buffer", readable_bytes(options.kernel_buffer));
  } else {
    settings.emplace_back("rate", options.bits_per_second > 0
                                      ? with_prefix(options.bits_per_second, "bit/s") + " of each producer"
                                      : "as fast as it can");
    settings.emplace_back("payload", grouped(options.payload) + " bytes");
    settings.emplace_back("seed", std::to_string(options.seed));
    settings.emplace_back("gaps", percent(options.gap_share, 1));
    settings.emplace_back("duplicates", percent(options.duplicate_share, 1));
  }
  return settings;
}

// Those that --graph has no use for.
std::vector<Setting> consumer_settings(const Options& options) {
  return {
      {"tries at once", grouped(options.policy.max_retries)},
      {"pause", duration_or(options.policy.pause, "none")},
      {"gives up after", options.policy.max_backoffs == 0 ? "never" : grouped(options.policy.max_backoffs) + " rounds"},
      {"tick", duration_or(options.tick, "whenever there is something")},
      {"window", grouped(options.window) + " packets"},
      {"deadline", duration_or(options.deadline, "never")},
  };
}

std::string settings_list(const Report& report, const Options& options) {
  std::vector<Setting> settings = source_settings(options);
  const std::size_t slots = options.shards != 0 ? options.capacity / options.shards : 0;
  settings.insert(settings.end(), {{"producers", grouped(options.producers)},
                                   {"shards", grouped(options.shards) + " of " + grouped(slots) + " slots"},
                                   {"capacity", grouped(options.capacity) + " slots"},
                                   {"when full", full_word(options.full)},
                                   {"strategy", options.strategy}});
  const std::vector<Setting> more = options.graph ? std::vector<Setting>{} : consumer_settings(options);
  settings.insert(settings.end(), more.begin(), more.end());
  settings.emplace_back("duration", duration_or(options.duration, "until the source ends"));
  settings.emplace_back("shutdown took", readable_ns(report.shutdown_seconds * 1e9, kMicro));
  std::string html = "<dl>\n";
  for (const auto& [name, value] : settings) html += format("<dt>%s</dt><dd>", name) + escaped(value) + "</dd>\n";
  return section("Settings", html + "</dl>\n");
}

}  // namespace

std::string to_html(const Report& report, const Options& options) {
  const std::vector<std::string> problems = unbalanced(report);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      // Nothing is fetched and nothing runs, whatever a name in it may hold.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>whorl-packets: ";
  html += escaped(report.source) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n";
  html += header(report) + problem_list(problems) + cards(report, options, problems.empty()) + charts(report, options);
  html += graph_sections(report, options);
  html += "<div class=\"grid\">\n" + (options.graph ? "" : shard_table(report, options)) + protocol_table(report) +
          flow_table(report) + accounts(report) + settings_list(report, options) + "</div>\n";
  return html + "</body>\n</html>\n";
}

}  // namespace packets
