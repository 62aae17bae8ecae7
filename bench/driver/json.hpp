#pragma once
// A writer of JSON: values, and commas where they belong.

#include <concepts>
#include <cstdint>
#include <ostream>
#include <string_view>

namespace bench {

/// begin/end pairs must match; inside an object every value follows a key().
class JsonWriter {
 public:
  explicit JsonWriter(std::ostream& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(double number);
  void value(std::same_as<bool> auto truth) { raw(truth ? "true" : "false"); }
  void value(std::integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    separate();
    out_ << number;
  }
  void null() { raw("null"); }

  /// "name": v
  template <class V>
  void field(std::string_view name, const V& v) {
    key(name);
    value(v);
  }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void raw(std::string_view text);
  void quote(std::string_view text);

  std::ostream& out_;
  int depth_ = 0;
  bool first_ = true;       // nothing stands before us in this object or array
  bool after_key_ = false;  // a key stands before us
};

}  // namespace bench
