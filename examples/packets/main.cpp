// whorl-packets: a packet capture goes through a ShardedRing and comes out in order. --help tells the rest.

#include <cstdio>
#include <exception>
#include <optional>

#include "capture.hpp"
#include "files.hpp"
#include "options.hpp"
#include "pipeline.hpp"
#include "report.hpp"

namespace packets {
namespace {

enum ExitStatus { kGood = 0, kBadFile = 2, kUnbalanced = 3 };  // 1: wrong flags, see parse_options

void complain(const std::string& message) { std::fprintf(stderr, "whorl-packets: %s\n", message.c_str()); }

// The output exists before the run and is complete after it, or the run ends with an error.
Report carry(const Capture& capture, const Options& options) {
  if (options.pcap_out.empty()) return run_pipeline(capture, options, nullptr);
  OutputFile output(options.pcap_out);
  Report report = run_pipeline(capture, options, &output);
  output.close();
  return report;
}

void write_json(const Report& report, const Options& options) {
  const std::string json = to_json(report, options);
  OutputFile file(options.json);
  file.write(std::as_bytes(std::span(json)));
  file.close();
}

ExitStatus run(const Options& options) {
  const MappedFile file(options.in);
  const Capture capture = read_capture(file.bytes());
  if (!capture.error.empty()) complain(options.in + ": " + capture.error);
  if (capture.format.empty()) return kBadFile;
  if (!capture.error.empty()) {
    complain("carrying the " + std::to_string(capture.records.size()) + " packets before that place");
  }
  const Report report = carry(capture, options);
  std::fputs(to_text(report, capture, options).c_str(), stdout);
  if (!options.json.empty()) write_json(report, options);
  const std::vector<std::string> problems = unbalanced(report, capture, options);
  for (const std::string& problem : problems) complain(problem);
  if (!problems.empty()) return kUnbalanced;
  return capture.error.empty() ? kGood : kBadFile;
}

}  // namespace
}  // namespace packets

int main(int argc, char** argv) {
  const packets::Options options = packets::parse_options(argc, argv);
  try {
    return packets::run(options);
  } catch (const std::exception& problem) {
    packets::complain(problem.what());
    return packets::kBadFile;
  }
}
