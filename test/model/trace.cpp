#include "trace.hpp"

#include <array>
#include <cstdio>

namespace model {

void Trace::line(std::size_t thread, const std::string& text) {
  text_ += "  " + std::string(thread * 4, ' ') + "T" + std::to_string(thread) + "  " + text + "\n";
}

void Trace::atomic(std::size_t thread, std::size_t id, const char* name, const std::string& operation) {
  line(thread, (name != nullptr ? std::string(name) : "a" + std::to_string(id)) + "." + operation);
}

void Trace::plain(std::size_t thread, std::size_t number, const char* operation) {
  line(thread, "plain" + std::to_string(number) + "." + operation);
}

std::string show(std::uint64_t value) {
  constexpr std::uint64_t kSmall = 1u << 20;
  if (value < kSmall) return std::to_string(value);
  if (-value < kSmall) return "2^64-" + std::to_string(-value);
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  if (value - kHalf < kSmall) return "2^63+" + std::to_string(value - kHalf);
  if (kHalf - value < kSmall) return "2^63-" + std::to_string(kHalf - value);
  std::array<char, 24> hex;
  std::snprintf(hex.data(), hex.size(), "0x%llx", static_cast<unsigned long long>(value));
  return hex.data();
}

}  // namespace model
