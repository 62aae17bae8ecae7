#include "json.hpp"

#include <cmath>
#include <iomanip>
#include <string>
#include <utility>

namespace bench {

void JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out_ << ": ";
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  out_ << std::setprecision(7) << number;
}

void JsonWriter::open(char bracket) {
  separate();
  out_ << bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  --depth_;
  if (!first_) out_ << '\n' << std::string(static_cast<std::size_t>(2 * depth_), ' ');
  out_ << bracket;
  first_ = false;
}

void JsonWriter::separate() {
  if (!std::exchange(after_key_, false) && depth_ != 0) {
    out_ << (first_ ? "\n" : ",\n") << std::string(static_cast<std::size_t>(2 * depth_), ' ');
  }
  first_ = false;
}

void JsonWriter::raw(std::string_view text) {
  separate();
  out_ << text;
}

void JsonWriter::quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ << '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ << '\\' << c;
    } else if (byte < 0x20) {
      out_ << "\\u00" << kHex[byte >> 4] << kHex[byte & 15];
    } else {
      out_ << c;
    }
  }
  out_ << '"';
}

}  // namespace bench
