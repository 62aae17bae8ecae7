// whorl-packets: packets of a file, an interface or a generator go through a ShardedRing and come out in order. --help
// tells the rest.

#include <cstdio>
#include <exception>
#include <optional>

#include "capture.hpp"
#include "files.hpp"
#include "generator.hpp"
#include "live.hpp"
#include "options.hpp"
#include "pipeline.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "signals.hpp"

namespace packets {
namespace {

enum ExitStatus { kGood = 0, kBadSource = 2, kUnbalanced = 3 };  // 1: wrong flags, see parse_options

void complain(const std::string& message) { std::fprintf(stderr, "whorl-packets: %s\n", message.c_str()); }

void write_text(const std::string& path, const std::string& text) {
  OutputFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.close();
}

// The output exists before the run and is complete after it, or the run ends with an error.
Report carry(Source& source, const Options& options, std::stop_token stop) {
  if (options.pcap_out.empty()) return run_pipeline(source, options, nullptr, std::move(stop));
  OutputFile output(options.pcap_out);
  Report report = run_pipeline(source, options, &output, std::move(stop));
  output.close();
  return report;
}

ExitStatus run(Source& source, const Options& options) {
  // A generator ends by itself, on its schedule.
  const auto duration = options.from == From::generator ? std::chrono::nanoseconds(0) : options.duration;
  const Report report =
      run_until_stopped([&](std::stop_token stop) { return carry(source, options, std::move(stop)); }, duration);
  if (!options.quiet) std::fputs(to_text(report, options).c_str(), stdout);
  if (!options.json.empty()) write_text(options.json, to_json(report, options));
  if (!options.html.empty()) write_text(options.html, to_html(report, options));
  const std::vector<std::string> problems = unbalanced(report);
  for (const std::string& problem : problems) complain(problem);
  if (!problems.empty()) return kUnbalanced;
  return report.trouble.empty() ? kGood : kBadSource;
}

ExitStatus replay(const Options& options) {
  const MappedFile file(options.input);
  const Capture capture = read_capture(file.bytes());
  if (!capture.error.empty()) complain(options.input + ": " + capture.error);
  if (capture.format.empty()) return kBadSource;
  if (!capture.error.empty()) {
    complain("carrying the " + std::to_string(capture.records.size()) + " packets before that place");
  }
  Replay source(capture, options);
  return run(source, options);
}

ExitStatus run_live(const Options& options) {
  const std::unique_ptr<Source> source = open_live(options);
  if (!options.quiet) std::fprintf(stderr, "capturing on %s\n", options.input.c_str());
  const ExitStatus status = run(*source, options);
  if (const std::string trouble = source->trouble(); !trouble.empty()) complain(trouble);
  return status;
}

ExitStatus run(const Options& options) {
  switch (options.from) {
    case From::file:
      return replay(options);
    case From::live:
      return run_live(options);
    case From::generator:
      break;
  }
  Generator source(options);
  return run(source, options);
}

}  // namespace
}  // namespace packets

int main(int argc, char** argv) {
  const packets::Options options = packets::parse_options(argc, argv);
  try {
    return packets::run(options);
  } catch (const std::exception& problem) {
    packets::complain(problem.what());
    return packets::kBadSource;
  }
}
