#pragma once
// What goes on, in one line of a terminal.

#include <cstdio>
#include <string>

#include "report.hpp"

namespace packets {

/// Since the start.
struct StatusTotals {
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
};

/// What the terminal can show.
struct Terminal {
  std::size_t width = 80;  ///< columns
  bool utf8 = false;
};

/// `capacity` is that of the whole ring, in slots. As much as fits, the most important: never wider than the terminal.
/// Without UTF-8 there is one bar for the whole ring; with it one for each shard, or, when those do not fit, the mean
/// and the fullest in figures.
std::string make_status_line(const Sample& sample, const StatusTotals& totals, std::size_t capacity,
                             const Terminal& terminal);

/// Whether the environment's language is written in UTF-8: LC_ALL, LC_CTYPE, LANG, the first that is set.
bool is_utf8_environment();

/// Keeps a line of `file` up to date, if that is a terminal; otherwise, as where it is null, it does nothing.
///
/// Threads:  one.
class StatusLine {
 public:
  StatusLine(std::FILE* file, std::size_t capacity);
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine() { finish(); }

  /// Every sample once, in order: it counts the totals.
  void show(const Sample& sample);

  /// Ends the line, if there is one, so that something else can be written.
  void finish();

 private:
  std::FILE* const file_;  // null: no terminal
  const std::size_t capacity_;
  StatusTotals totals_;
  bool shown_ = false;
};

}  // namespace packets
