#pragma once
// Trace: what happened in an execution, a line for each operation.

#include <cstddef>
#include <cstdint>
#include <string>

#include "memory.hpp"

namespace model {

/// Off until start(): a search runs without it, and the execution that failed is run again with it.
class Trace {
 public:
  void start() {
    on_ = true;
    text_.clear();
  }
  void stop() noexcept { on_ = false; }
  bool is_on() const noexcept { return on_; }
  const std::string& text() const noexcept { return text_; }

  /// `thread` does `operation` on atomic object `id`, called `name` where it has one.
  void atomic(std::size_t thread, std::size_t id, const char* name, const std::string& operation);
  void plain(std::size_t thread, std::size_t number, const char* operation);
  void line(std::size_t thread, const std::string& text);

 private:
  bool on_ = false;
  std::string text_;
};

/// A value as a reader wants it: small ones in decimal, those near 2^63 and 2^64 as the distance from there, others in
/// hex.
std::string show(std::uint64_t value);

}  // namespace model
