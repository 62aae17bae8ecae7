// whorl-packets: packets of a file, an interface or a generator go through a ShardedRing and come out in order. --help
// tells the rest.

#include <cstdio>
#include <exception>
#include <optional>

#include "capture.hpp"
#include "files.hpp"
#include "generator.hpp"
#include "graph.hpp"
#include "live.hpp"
#include "options.hpp"
#include "pipeline.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "signals.hpp"

namespace packets {
namespace {

enum ExitStatus { kGood = 0, kBadFile = 2, kUnbalanced = 3 };  // 1: wrong flags, see parse_options

void complain(const std::string& message) { std::fprintf(stderr, "whorl-packets: %s\n", message.c_str()); }

// The files that are written. They exist before the run, or it does not begin; one that fails then is told, and the
// others are written all the same.
class Outputs {
 public:
  explicit Outputs(const Options& options) {
    if (!options.pcap_out.empty()) pcap_.emplace(options.pcap_out);
    if (!options.json.empty()) json_.emplace(options.json);
    if (!options.html.empty()) html_.emplace(options.html);
  }

  OutputFile* pcap() { return pcap_ ? &*pcap_ : nullptr; }

  /// False: one of them is not whole.
  bool finish(const Report& report, const Options& options) {
    bool good = !pcap_ || close(*pcap_);
    if (json_) good &= write(*json_, to_json(report, options));
    if (html_) good &= write(*html_, to_html(report, options));
    if (!options.quiet) good &= print(to_text(report, options));
    return good;
  }

 private:
  static bool write(OutputFile& file, const std::string& text) {
    file.write(std::as_bytes(std::span(text)));
    return close(file);
  }
  static bool close(OutputFile& file) {
    try {
      file.close();
      return true;
    } catch (const std::exception& problem) {
      complain(problem.what());
      return false;
    }
  }
  static bool print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return true;
    complain("standard output cannot be written");
    return false;
  }

  std::optional<OutputFile> pcap_;
  std::optional<OutputFile> json_;
  std::optional<OutputFile> html_;
};

ExitStatus carry(Source& source, const Options& options, const std::stop_token& stop) {
  Outputs outputs(options);
  const Report report =
      options.graph ? run_graph(source, options, stop) : run_pipeline(source, options, outputs.pcap(), stop);
  const bool written = outputs.finish(report, options);
  const std::vector<std::string> problems = unbalanced(report);
  for (const std::string& problem : problems) complain(problem);
  if (!problems.empty()) return kUnbalanced;
  return written && report.trouble.empty() ? kGood : kBadFile;
}

ExitStatus run(Source& source, const Options& options) {
  // A generator ends by itself, on its schedule, unless it cannot keep to that.
  constexpr auto kArrears = std::chrono::milliseconds(250);
  auto duration = options.duration;
  if (options.from == From::generator && duration.count() > 0) duration += kArrears;
  return run_until_stopped([&](const std::stop_token& stop) { return carry(source, options, stop); }, duration);
}

ExitStatus replay(const Options& options) {
  const MappedFile file(options.input);
  const Capture capture = read_capture(file.bytes());
  if (!capture.error.empty()) complain(options.input + ": " + capture.error);
  if (capture.format.empty()) return kBadFile;
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
  packets::block_signals();
  try {
    return packets::run(options);
  } catch (const std::exception& problem) {
    packets::complain(problem.what());
    return packets::kBadFile;
  }
}
