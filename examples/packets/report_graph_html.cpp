#include "report_graph_html.hpp"

#include "page.hpp"
#include "points.hpp"
#include "report_figures.hpp"

namespace packets {
namespace {

constexpr std::size_t kMostShards = 16;
constexpr const char* kStyles[] = {"read", "delivered", "dropped", "last"};  // of the stages' lines, in their order

// --- the graph

struct Box {
  double x;
  double y;
  std::string name;
  std::string more;
};

std::string drawn(const Box& box) {
  return format("<rect class=\"node\" x=\"%.0f\" y=\"%.0f\" width=\"150\" height=\"44\" rx=\"6\"/>", box.x, box.y) +
         format("<text class=\"value middle\" x=\"%.0f\" y=\"%.0f\">", box.x + 75, box.y + 19) + escaped(box.name) +
         format("</text><text class=\"middle\" x=\"%.0f\" y=\"%.0f\">", box.x + 75, box.y + 36) + escaped(box.more) +
         "</text>\n";
}

// From the right side of one to the left side of the other.
std::string arrow(const Box& from, const Box& to) {
  return format("<line class=\"axis\" x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" marker-end=\"url(#tip)\"/>\n",
                from.x + 152, from.y + 22, to.x - 4, to.y + 22);
}

std::string picture(const Report& report, const Options& options) {
  const auto box_of = [&](double x, double y, std::size_t stage) {
    const StageCounts& counts = report.graph.stages[stage];
    return Box{x, y, counts.name, grouped(packets_of(counts)) + " packets"};
  };
  const Box producers{2, 38, grouped(options.producers) + (options.producers == 1 ? " producer" : " producers"),
                      options.producers == 1 ? "on a leased shard" : "each on a leased shard"};
  const Box parse = box_of(212, 4, 0);
  const Box count = box_of(212, 72, 1);
  const Box table = box_of(422, 38, 2);
  const Box last = box_of(632, 38, 3);
  std::string svg =
      "<svg viewBox=\"0 0 784 120\" width=\"100%\" style=\"max-width: 860px\" role=\"img\" aria-label=\"The graph\">\n"
      "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
      "orient=\"auto\"><path class=\"tip-of\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n";
  for (const Box& box : {producers, parse, count, table, last}) svg += drawn(box);
  svg += arrow(producers, parse) + arrow(producers, count) + arrow(parse, table) + arrow(count, table);
  svg += arrow(table, last) + "</svg>\n";
  return section(
      "The graph",
      svg +
          "<p class=\"none\">Every stage sees every packet, after the stages before it; in each shard all of "
          "them see the order of its producer, across shards there is none. Producers wait for the last "
          "one only.</p>\n",
      "wide");
}

// --- its stages

std::string number_label(double value) { return with_prefix(value); }

std::string lag_chart(const Report& report) {
  const std::vector<Point> points = points_of(report.samples, kMostPoints);
  TimeChart chart{.title = "Behind the producers", .unit = "packets", .moments = moments_of(points)};
  chart.label = number_label;
  for (const Point& point : points) {
    std::string tip = format("%.2f to %.2f s", point.sum.seconds - point.sum.length, point.sum.seconds);
    for (std::size_t i = 0; i < point.sum.lag.size(); ++i) {
      tip += '\n' + report.graph.stages[i].name + ' ' + grouped(point.sum.lag[i]);
    }
    chart.tips.push_back(tip);
  }
  for (std::size_t i = 0; i < report.graph.stages.size(); ++i) {
    chart.series.push_back(
        {report.graph.stages[i].name, kStyles[i % std::size(kStyles)], values_of(points, [i](const Point& point) {
           return i < point.sum.lag.size() ? static_cast<double>(point.sum.lag[i]) : 0.0;
         })});
  }
  return "<div class=\"wide\">" + time_chart(chart) + "</div>\n";
}

std::string stage_table(const Report& report) {
  Table table({"stage", "after", "packets", "batches", "mean batch", "p50", "p99", "greatest", "lag p50", "lag p99",
               "greatest lag"},
              2);
  std::uint64_t most = 0;
  for (const StageCounts& stage : report.graph.stages) most = std::max(most, stage.lag.max());
  for (const StageCounts& stage : report.graph.stages) {
    const LatencyHistogram& size = stage.batch_size;
    table.row({stage.name, stage.after.empty() ? "producers" : stage.after, grouped(packets_of(stage)),
               grouped(stage.batches), format("%.1f", mean_batch(stage)), grouped(size.percentile(0.5)),
               grouped(size.percentile(0.99)), grouped(size.max()), grouped(stage.lag.percentile(0.5)),
               grouped(stage.lag.percentile(0.99)), grouped(stage.lag.max())},
              share_of(stage.lag.max(), most));
  }
  return section("Stages",
                 table.str() +
                     "<p class=\"none\">lag: packets that waited for the stage when a batch began, that batch "
                     "included</p>\n",
                 "wide");
}

std::string skew_table(const Report& report, const Options& options) {
  std::vector<std::string> columns = {"shard", "waits for room", "written"};
  for (const StageCounts& stage : report.graph.stages) columns.push_back(stage.name);
  columns.emplace_back("share");
  Table table(columns, 1);
  const std::vector<std::uint64_t>& last = report.graph.stages.back().packets;
  const std::uint64_t all = packets_of(report.graph.stages.back());
  for (std::size_t i = 0; i < last.size() && i < kMostShards; ++i) {
    std::vector<std::string> cells = {std::to_string(i), grouped(report.ring[i].refused),
                                      grouped(report.shards[i].written)};
    for (const StageCounts& stage : report.graph.stages) cells.push_back(grouped(stage.packets[i]));
    cells.push_back(percent(share_of(last[i], all), 1));
    table.row(cells, share_of(last[i], all));
  }
  std::string more;
  if (last.size() > kMostShards) more = "and " + grouped(last.size() - kMostShards) + " more; ";
  more += format("the fullest shard has %.2f times an even share", skew_of(last, options.producers));
  return section("Skew: packets of each shard at each stage", table.str() + "<p class=\"none\">" + more + "</p>\n",
                 "wide");
}

}  // namespace

std::string graph_sections(const Report& report, const Options& options) {
  if (report.graph.stages.empty()) return {};
  return "<div class=\"grid\">\n" + picture(report, options) + lag_chart(report) + stage_table(report) +
         skew_table(report, options) + "</div>\n";
}

}  // namespace packets
