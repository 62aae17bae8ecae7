#include "status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "report_figures.hpp"
#include "text.hpp"

namespace packets {
namespace {

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for_each_character(text, [&](std::string_view) { ++columns; });
  return columns;
}

// Parts of a status line: the same thing at length and in brief.
struct Fill {
  std::string bars;
  std::string figures;
};

double share_of(double items, double slots) { return slots > 0 ? std::clamp(items / slots, 0.0, 1.0) : 0; }

// One column for each shard, an eighth of it for each eighth of the shard. What is not empty shows.
std::string shard_bars(const std::vector<std::size_t>& fill, double slots) {
  std::string bars = "|";
  for (const std::size_t items : fill) {
    const auto eighths = static_cast<unsigned>(std::ceil(share_of(static_cast<double>(items), slots) * 8));
    // U+2581 is one eighth, U+2588 the full block.
    bars += eighths == 0 ? std::string(" ") : std::string("\xe2\x96") + static_cast<char>(0x80 + eighths);
  }
  return bars + '|';
}

std::string ring_bar(double share) {
  constexpr std::size_t kColumns = 10;
  const auto full = static_cast<std::size_t>(std::ceil(share * kColumns));
  return '[' + std::string(full, '#') + std::string(kColumns - full, ' ') + ']' + format(" %3.0f%%", 100 * share);
}

Fill fill_of(const Sample& sample, std::size_t capacity, bool utf8) {
  if (sample.fill.empty()) return {};
  const double slots = static_cast<double>(capacity) / static_cast<double>(sample.fill.size());
  const auto items = static_cast<double>(std::accumulate(sample.fill.begin(), sample.fill.end(), std::size_t{0}));
  const double mean = share_of(items, static_cast<double>(capacity));
  const double most = share_of(static_cast<double>(*std::max_element(sample.fill.begin(), sample.fill.end())), slots);
  return {.bars = utf8 ? shard_bars(sample.fill, slots) : ring_bar(mean),
          .figures = format("fill %.0f%% max %.0f%%", 100 * mean, 100 * most)};
}

std::string joined(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (!part.empty()) line += (line.empty() ? "" : "  ") + part;
  }
  return line;
}

// Asked every time: it may have been resized.
std::size_t width_of(std::FILE* file) {
  winsize size{};
  return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

bool is_terminal(std::FILE* file) {
  if (file == nullptr) return false;
  const char* term = std::getenv("TERM");
  return file != nullptr && isatty(fileno(file)) == 1 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

}  // namespace

std::string make_status_line(const Sample& sample, const StatusTotals& totals, std::size_t capacity,
                             const Terminal& terminal) {
  const auto rate = [&](std::uint64_t count) { return per_second(static_cast<double>(count), sample.length); };
  const Fill fill = fill_of(sample, capacity, terminal.utf8);
  const std::string packets = with_prefix(rate(sample.delivered)) + "/s";
  const std::string bits = format("%.1f Mb/s", rate(sample.bytes) * 8 / 1e6);
  const std::string drops = "dropped " + grouped(totals.dropped);
  const std::string few_drops = "dropped " + with_prefix(static_cast<double>(totals.dropped));
  const std::string p99 = "p99 " + readable_ns(static_cast<double>(sample.p99_ns));
  const std::string time = format("%.0f s", sample.seconds);
  const std::string sum = grouped(totals.delivered) + " packets";
  const std::vector<std::string> lines[] = {
      {time, sum, packets, bits, fill.bars, drops, p99},
      {time, sum, packets, bits, fill.figures, drops, p99},
      {time, packets, bits, fill.bars, drops, p99},
      {time, packets, bits, fill.figures, drops, p99},
      {packets, bits, fill.bars, drops},
      {packets, bits, fill.figures, drops},
      {packets, drops, fill.bars},
      {packets, drops, fill.figures},
      {packets, drops},
      {packets, few_drops},
  };
  for (const auto& parts : lines) {
    if (std::string line = joined(parts); columns_of(line) <= terminal.width) return line;
  }
  return packets.substr(0, terminal.width);
}

bool is_utf8_environment() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string language = value;
    const std::string code = language.substr(std::min(language.find('.'), language.size()));
    return code.rfind(".UTF-8", 0) == 0 || code.rfind(".utf8", 0) == 0 || code.rfind(".utf-8", 0) == 0;
  }
  return false;
}

StatusLine::StatusLine(std::FILE* file, std::size_t capacity)
    : file_(is_terminal(file) ? file : nullptr), capacity_(capacity) {}

void StatusLine::show(const Sample& sample) {
  totals_.delivered += sample.delivered;
  totals_.dropped += sample.dropped;
  if (file_ == nullptr) return;
  // The last column stays empty: a terminal may go on to the next line when it is written.
  const Terminal terminal{.width = width_of(file_) - 1, .utf8 = is_utf8_environment()};
  std::fprintf(file_, "\r%s\x1b[K", make_status_line(sample, totals_, capacity_, terminal).c_str());
  std::fflush(file_);
  shown_ = true;
}

void StatusLine::finish() {
  if (!shown_) return;
  std::fputc('\n', file_);
  std::fflush(file_);
  shown_ = false;
}

}  // namespace packets
