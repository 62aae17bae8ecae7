#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "../charts.hpp"
#include "../report.hpp"
#include "bytes_writer.hpp"

namespace {

using namespace packets;

// A file's run of `samples` seconds on `shards` shards in which everything balances.
struct Run {
  Options options;
  Report report;

  explicit Run(std::size_t samples, std::size_t shards = 4) {
    options.input = "a.pcap";
    options.shards = shards;
    options.capacity = 16 * shards;
    options.producers = static_cast<std::uint32_t>(shards);
    report.source = "a.pcap: 10 packets";
    report.shards.resize(shards);
    report.ring.resize(shards);
    for (std::size_t i = 0; i < samples; ++i) {
      report.samples.push_back({.seconds = static_cast<double>(i + 1),
                                .length = 1,
                                .read = 100,
                                .delivered = 100,
                                .fill = std::vector<std::size_t>(shards, i % 17)});
      report.latency_ns.add(1000 * i);
    }
    report.read = report.delivered = report.orders = report.shards[0].written = report.shards[0].delivered =
        report.ring[0].accepted = report.ring[0].delivered = 100 * samples;
    report.seconds = static_cast<double>(samples);
  }
  std::string html() const { return to_html(report, options); }
};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// Every element that begins ends, in its place, and a sign that begins a tag begins nothing else. Returns what is wrong.
std::string fault_in(std::string_view html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == html.npos) return "a tag without end";
    const std::string_view tag = html.substr(at + 1, end - at - 1);
    const bool closes = tag.starts_with('/');
    const std::string_view named = tag.substr(closes ? 1 : 0);
    const auto no_letter = [](unsigned char c) { return std::isalnum(c) == 0; };
    const std::string name(named.begin(), std::find_if(named.begin(), named.end(), no_letter));
    if (tag == "!DOCTYPE html" || name == "meta") continue;
    if (name.empty() || tag.find('<') != tag.npos) return "no tag: " + std::string(tag);
    if (count(tag, "\"") % 2 != 0) return "a quotation without end: " + std::string(tag);
    if (closes && (open.empty() || open.back() != name)) return "closes what is not open: " + name;
    if (closes) open.pop_back();
    if (!closes && !tag.ends_with('/')) open.push_back(name);
  }
  return open.empty() ? "" : "not closed: " + open.back();
}

// All numbers in attributes, which are those of the charts, are finite.
bool has_only_finite_numbers(const std::string& html) {
  const std::string_view body = std::string_view(html).substr(html.find("</style>"));
  for (const std::string_view word : {"nan", "inf"}) {
    for (std::size_t at = body.find(word); at != body.npos; at = body.find(word, at + 1)) {
      if (std::isalpha(static_cast<unsigned char>(body[at - 1])) == 0 &&
          std::isalpha(static_cast<unsigned char>(body[at + 3])) == 0) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

TEST_CASE("to_html: whole at every size, and never a number that is none") {
  for (const std::size_t samples : {0U, 1U, 2U, 40U, 1024U}) {
    for (const std::size_t shards : {1U, 2U, 17U, 64U, 65U, 256U}) {
      const std::string html = Run(samples, shards).html();
      CHECK(html.starts_with("<!DOCTYPE html>"));
      CHECK(fault_in(html) == "");
      CHECK(has_only_finite_numbers(html));
    }
  }
}

TEST_CASE("to_html: values that no run should have leave the page whole") {
  Run run(3);
  run.options.shards = run.options.capacity = 0;
  run.report.seconds = 0;
  for (Sample& sample : run.report.samples) sample.length = 0;
  run.report.samples[1].fill.clear();
  run.report.samples[2].fill.resize(500, 99999);
  CHECK(fault_in(run.html()) == "");
  CHECK(has_only_finite_numbers(run.html()));
}

TEST_CASE("to_html: needs nothing else") {
  const std::string html = Run(40).html();
  for (const char* part :
       {"http:", "https:", "<script", "<link", "<img", "src=", "href=", "url(", "@import", "onload"}) {
    CHECK_MESSAGE(!has(html, part), part);
  }
  CHECK(has(html, "prefers-color-scheme: dark"));
}

TEST_CASE("to_html: somebody's strings are text") {
  Run run(2);
  const std::string evil = "</title><script>alert('x')</script>\"&\x01\xff";
  const std::string good =
      "&lt;/title&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\xef\xbf\xbd\xef\xbf\xbd";
  run.report.source = run.report.trouble = run.options.input = run.options.strategy = run.options.filter = evil;
  const std::string file = run.html();
  CHECK(fault_in(file) == "");
  CHECK_FALSE(has(file, "<script"));
  CHECK(count(file, good) == 5);  // title, header, trouble, input, strategy
  run.options.from = From::live;
  CHECK(count(run.html(), good) == 6);  // and the filter
}

TEST_CASE("to_html: a run that balances says so, and one that does not says why") {
  Run run(2);
  CHECK(has(run.html(), "every packet is accounted for"));
  CHECK_FALSE(has(run.html(), "id=\"problems\""));
  run.report.damaged = 3;
  CHECK(has(run.html(), "packets are not accounted for"));
  CHECK(has(run.html(), "id=\"problems\""));
  CHECK(has(run.html(), "<li>does not hold: damaged 3 = 0</li>"));
}

TEST_CASE("to_html: what was not as it should be") {
  Run run(2);
  CHECK_FALSE(has(run.html(), "<section class=\"trouble\">"));
  run.report.stopped = true;
  CHECK(has(run.html(), "stopped before the end"));
  run.report.kernel_dropped = 1234;
  CHECK(has(run.html(), "kernel dropped 1,234 packets"));
}

TEST_CASE("to_html: an empty run has no charts but says what there is") {
  const std::string html = Run(0).html();
  CHECK(count(html, "nothing to show") == 5);
  CHECK(count(html, "no packets") == 2);
  CHECK_FALSE(has(html, "<path"));
}

TEST_CASE("to_html: one sample is a line where it lasts, and a dot where it is a moment") {
  const std::string html = Run(1).html();
  CHECK(count(html, "<path") == 6);  // three rates, two fills, one p99
  CHECK(count(html, " h0\"") == 2);
}

TEST_CASE("to_html: shards have a row each, up to sixteen") {
  CHECK_FALSE(has(Run(2, 16).html(), "more</p>"));
  const std::string html = Run(2, 256).html();
  CHECK(has(html, "<p class=\"none\">and 240 more</p>"));
  CHECK(has(html, "<tr><td>15</td>"));
  CHECK_FALSE(has(html, "<tr><td>16</td>"));
}

TEST_CASE("to_html: where producers change shards, there is a row for all of them") {
  Run run(2);
  CHECK_FALSE(has(run.html(), "<tr><td>all</td>"));
  run.report.shards.resize(1);
  run.report.ring.resize(1);
  CHECK(has(run.html(), "<tr><td>all</td><td class=\"number\">200</td>"));
}

TEST_CASE("to_html: the map of many shards has rows of neighbours, of which the fullest counts") {
  Run run(1, 256);
  run.report.samples[0].fill.assign(256, 0);
  run.report.samples[0].fill[129] = 8;
  const std::string html = run.html();
  CHECK(has(html, "the fullest of 4 neighbours"));
  CHECK(count(html, "<title>shard ") == 1);
  CHECK(has(html,
            "<title>shard 128\xe2\x80\x93"
            "131, 0.00 to 1.00 s: 50.0 %</title>"));
}

TEST_CASE("to_html: many samples share points, and none is lost") {
  Run run(1000);
  run.report.samples[500].dropped = 7;
  run.report.samples[500].fill[2] = 16;
  const std::string html = run.html();
  CHECK(count(html, "<path") == 6);
  CHECK(count(html, "<rect class=\"tip\"") == 3 * 250);
  CHECK(has(html, "500.00 to 504.00 s\nread 400\ndelivered 400 (100/s)\npayload 0 bit/s\ndropped 7\n"));
  CHECK(has(html, "500.00 to 504.00 s\nthe ring 62.5 %\nfullest shard 100.0 %"));
}

TEST_CASE("to_html: a last sample of next to no length has no rate of its own") {
  Run run(3);
  run.report.samples.push_back({.seconds = 3.000001, .length = 0.000001, .read = 50, .delivered = 50, .fill = {}});
  const std::string html = run.html();
  CHECK(count(html, "<rect class=\"tip\"") == 3 * 3);
  CHECK(has(html, "2.00 to 3.00 s\nread 150\n"));
}

TEST_CASE("to_html: protocols and flows") {
  Run run(2);
  const auto arp = BytesWriter().fill(12, 2).u16(0x0806).fill(46, 0).bytes();
  for (int i = 0; i < 3; ++i) run.report.flows.add(arp, 1);
  const std::string html = run.html();
  CHECK(has(html, "<tr><td>ARP</td><td class=\"number\">3</td><td class=\"number\">180 B</td>"));
  CHECK(has(html, "1 of 1, those with the most bytes"));
}

TEST_CASE("round_axis: steps of 1, 2 or 5, no more than asked for, and the top is one") {
  for (double greatest = 1e-6; greatest < 1e12; greatest *= 1.37) {
    const Axis axis = round_axis(greatest, 5);
    CHECK(axis.top >= greatest * 0.999);
    CHECK(axis.top < greatest + axis.step);
    CHECK(axis.top / axis.step < 5.01);
    const std::string step = std::to_string(axis.step * 1e6);
    const std::size_t digit = step.find_first_not_of("0.");
    CHECK((step[digit] == '1' || step[digit] == '2' || step[digit] == '5' || step.substr(digit, 3) == "999"));
  }
  CHECK(round_axis(0, 5).top == doctest::Approx(1));
  CHECK(round_axis(100, 5).top == doctest::Approx(100));
}

TEST_CASE("duration_chart: no time at all has a place on the axis, too") {
  const std::string svg = duration_chart("t", {{"p50", 0}, {"max", 0}});
  CHECK(fault_in(svg) == "");
  CHECK(has(svg, "1 ns"));
  CHECK_FALSE(has(svg, "-inf"));
}

TEST_CASE("to_html: the stages of a graph, their lag, batches and shards, where there is one") {
  Run run(20);
  CHECK_FALSE(has(run.html(), "The graph"));
  run.options.graph = true;
  run.report.graph.written_digests.resize(4);
  for (const char* name : {"parse", "count", "flow <table>", "report"}) {
    StageCounts stage{.name = name, .after = {}, .packets = {500, 700, 400, 400}, .digests = {0, 0, 0, 0}};
    stage.batches = 400;
    stage.batch_size.add(17);
    stage.lag.add(4321);
    run.report.graph.stages.push_back(stage);
  }
  for (std::size_t i = 0; i < run.report.samples.size(); ++i) run.report.samples[i].lag = {i, i, 2 * i, 3 * i};
  const std::string html = run.html();
  CHECK(fault_in(html) == "");
  for (const char* part :
       {"The graph", "4 producers", "Behind the producers", "Stages", "Skew", "4,321", "2,000 packets",
        "flow &lt;table&gt;", "1.40 times an even share", "packets to every stage"}) {
    CHECK_MESSAGE(has(html, part), part);
  }
  CHECK(count(html, "<td class=\"number\">700</td>") == 4);  // each stage, in one shard
  CHECK_FALSE(has(html, "<dt>window</dt>"));
}
