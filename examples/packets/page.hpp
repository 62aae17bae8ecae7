#pragma once
// What the parts of the page for browsers are made of.

#include <cstdint>
#include <string>
#include <vector>

#include "charts.hpp"
#include "text.hpp"

namespace packets {

inline constexpr const char* kMicro = "\xc2\xb5s";

inline std::string ns_text(std::uint64_t ns) { return readable_ns(static_cast<double>(ns), kMicro); }
inline std::string percent(double part, double whole) {
  return short_number(whole > 0 ? 100 * part / whole : 0) + " %";
}

inline std::string class_of(const std::string& style) { return style.empty() ? style : " class=\"" + style + '"'; }

inline std::string section(const char* title, const std::string& body, const char* style = "") {
  return "<section" + class_of(style) + ">\n<h2>" + title + "</h2>\n" + body + "</section>\n";
}

inline std::string card(const char* name, const std::string& value, const std::string& more,
                        const std::string& style = "") {
  const char* size = value.size() > 11 ? "long" : "";
  return "<div" + class_of(style.empty() ? "card" : "card " + style) + "><span>" + name + "</span><b" + class_of(size) +
         '>' + escaped(value) + "</b><small>" + escaped(more) + "</small></div>\n";
}

// Rows of cells; those of the columns from `numbers` on stand to the right.
class Table {
 public:
  Table(const std::vector<std::string>& columns, std::size_t numbers) : numbers_(numbers) {
    std::size_t column = 0;
    for (const std::string& name : columns) html_ += cell("th", column++, name, "");
    html_ = "<div class=\"scroll\"><table>\n<tr>" + html_ + "</tr>\n";
  }
  // The last cell has a bar behind it, of this share of its width.
  void row(const std::vector<std::string>& cells, double share) {
    html_ += "<tr>";
    std::size_t column = 0;
    for (const std::string& text : cells) {
      const bool last = ++column == cells.size();
      const std::string bar = format(" style=\"--share: %.1f%%\"", 100 * share);
      html_ += cell("td", column - 1, text, last ? bar : "");
    }
    html_ += "</tr>\n";
  }
  std::string str() const { return html_ + "</table></div>\n"; }

 private:
  std::string cell(const char* tag, std::size_t column, const std::string& text, const std::string& bar) const {
    const std::string style = std::string(column >= numbers_ ? "number" : "") + (bar.empty() ? "" : " bar");
    return std::string("<") + tag + class_of(style) + bar + '>' + escaped(text) + "</" + tag + '>';
  }

  std::size_t numbers_;
  std::string html_;
};

inline double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole != 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace packets
