#include "charts.hpp"

#include <algorithm>
#include <cmath>

#include "text.hpp"

namespace packets {
namespace {

constexpr double kHeight = 190;   // of a time chart, in pixels
constexpr double kInside = 1000;  // units from the left to the right of what is drawn to the width of the page
constexpr const char* kMicro = "\xc2\xb5s";

std::string figure(const std::string& title, const std::string& unit, const std::string& legend,
                   const std::string& body) {
  return "<figure>\n<figcaption>" + escaped(title) + " <span class=\"unit\">" + escaped(unit) +
         "</span></figcaption>\n" + legend + body + "</figure>\n";
}

std::string nothing(const std::string& title, const std::string& unit) {
  return figure(title, unit, "", "<p class=\"none\">nothing to show</p>\n");
}

// Its positions across are percentages, so that it may have any width; those down are pixels.
std::string svg(double height, const std::string& label, const std::string& body) {
  return format("<div class=\"frame\"><svg role=\"img\" width=\"100%%\" height=\"%.0f\" aria-label=\"", height) +
         escaped(label) + "\">\n" + body + "</svg></div>\n";
}

std::string text_at(double percent, double y, const char* style, const std::string& text) {
  return format("<text class=\"%s\" x=\"%.2f%%\" y=\"%.1f\">", style, percent, y) + escaped(text) + "</text>\n";
}

std::string title_of(const std::string& tip) { return "<title>" + escaped(tip) + "</title>"; }

// Where a time lies between the first and the last one, 0 to 1.
class TimeScale {
 public:
  explicit TimeScale(const std::vector<Moment>& moments)
      : first_(moments.front().begin), length_(moments.back().end - moments.front().begin) {
    if (!(length_ > 0)) length_ = 1;
  }
  double operator()(double seconds) const { return std::clamp((seconds - first_) / length_, 0.0, 1.0); }

  // The times below, at round values of a unit that suits the length.
  std::string axis(double y) const {
    const double unit = length_ <= 180 ? 1 : length_ <= 3 * 3600 ? 60 : 3600;
    const double step = round_axis(length_ / unit, 5).step;
    std::string text;
    for (double tick = std::ceil(first_ / unit / step) * step; tick * unit <= first_ + length_ * 1.0001; tick += step) {
      const double at = 100 * (*this)(tick * unit);
      const char* style = at < 2 ? "start" : at > 96 ? "end" : "middle";
      text += text_at(at, y, style, short_number(tick) + (unit == 1 ? " s" : unit == 60 ? " min" : " h"));
    }
    return text;
  }

 private:
  double first_;
  double length_;
};

std::string level_lines(const TimeChart& chart, const Axis& axis) {
  std::string text;
  for (int i = 0; i * axis.step <= axis.top * 1.0001; ++i) {
    const double y = kHeight * (1 - i * axis.step / axis.top);
    text +=
        format("<line class=\"%s\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>", i == 0 ? "axis" : "level", y, y);
    text +=
        format("<text class=\"end\" x=\"-8\" y=\"%.1f\">", y + 4) + escaped(chart.label(i * axis.step)) + "</text>\n";
  }
  return text;
}

std::string path(const TimeChart& chart, const Series& series, const TimeScale& scale, double top) {
  std::string points;
  const auto add = [&](double seconds, double value) {
    points += format("%s%.1f %.1f", points.empty() ? "M" : " L", kInside * scale(seconds), kHeight * (1 - value / top));
  };
  for (std::size_t i = 0; i < chart.moments.size(); ++i) {
    if (chart.steps) add(chart.moments[i].begin, series.values[i]);
    add(chart.moments[i].end, series.values[i]);
  }
  // A line of no length is a dot, for the ends of lines are round.
  const bool dot = chart.moments.size() == 1 && !chart.steps;
  return "<path class=\"" + series.style + (dot ? " dot\" d=\"" : "\" d=\"") + points + (dot ? " h0\"/>\n" : "\"/>\n");
}

// What the pointer is over tells its figures.
std::string tip_bands(const TimeChart& chart, const TimeScale& scale) {
  std::string text;
  for (std::size_t i = 0; i < chart.moments.size(); ++i) {
    const double begin = 100 * scale(chart.moments[i].begin);
    text += format("<rect class=\"tip\" x=\"%.2f%%\" y=\"0\" width=\"%.2f%%\" height=\"%.0f\">", begin,
                   100 * scale(chart.moments[i].end) - begin, kHeight);
    text += title_of(chart.tips[i]) + "</rect>\n";
  }
  return text;
}

std::string legend(const TimeChart& chart) {
  if (chart.series.size() < 2) return {};
  std::string text = "<p class=\"legend\">";
  for (const Series& series : chart.series) {
    text += "<span><i class=\"" + series.style + "\"></i>" + escaped(series.name) + "</span> ";
  }
  return text + "</p>\n";
}

// Ten shades, and none for nothing: the least fill can still be seen.
int shade_of(double share) { return share > 0 ? std::clamp(static_cast<int>(std::ceil(share * 10)), 1, 10) : 0; }

std::string cell(const HeatMap& map, const TimeScale& scale, std::size_t row, std::size_t column, double height) {
  const double share = map.shares[row][column];
  const int shade = shade_of(share);
  if (shade == 0) return {};
  const Moment& moment = map.moments[column];
  const double begin = 100 * scale(moment.begin);
  // A little wider than it is: no seam shows between it and the next one.
  return format("<rect class=\"h%d\" x=\"%.2f%%\" y=\"%.1f\" width=\"%.2f%%\" height=\"%.1f\">", shade, begin,
                static_cast<double>(row) * height, 100 * scale(moment.end) - begin + 0.05, height - 1) +
         title_of("shard " + map.names[row] +
                  format(", %.2f to %.2f s: %.1f %%", moment.begin, moment.end, 100 * share)) +
         "</rect>\n";
}

std::string heat_legend() {
  std::string text = "<p class=\"legend\"><span>0 <svg class=\"shades\" width=\"110\" height=\"10\">";
  for (int i = 0; i <= 10; ++i) text += format("<rect class=\"h%d\" x=\"%d\" width=\"10\" height=\"10\"/>", i, 10 * i);
  return text + "</svg> 100 %</span></p>\n";
}

// As few of the rows' names as find room.
std::string row_names(const HeatMap& map, double height) {
  std::size_t each = 1;
  while (static_cast<double>(each) * height < 14) each *= 2;
  std::string text;
  for (std::size_t row = 0; row < map.names.size(); row += each) {
    text += format("<text class=\"end\" x=\"-8\" y=\"%.1f\">", (static_cast<double>(row) + 0.5) * height + 4) +
            escaped(map.names[row]) + "</text>\n";
  }
  return text;
}

// "1 us" and its like, at every power of ten, of which there are few enough.
std::string decade_lines(int first, int last, double height) {
  std::string text;
  const int each = last - first > 6 ? 2 : 1;
  for (int decade = first; decade <= last; decade += each) {
    const double at = 100.0 * (decade - first) / (last - first);
    text += format("<line class=\"level\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%.0f\"/>", at, at, height);
    text += text_at(at, height + 18, "middle", readable_ns(std::pow(10, decade), kMicro));
  }
  return text;
}

std::string mark_row(const Mark& mark, double at, double y) {
  return format("<text class=\"end\" x=\"-8\" y=\"%.1f\">", y + 4) + escaped(mark.name) + "</text>" +
         format("<g><line class=\"stem\" x1=\"0\" x2=\"%.2f%%\" y1=\"%.1f\" y2=\"%.1f\"/>", at, y, y) +
         format("<circle class=\"mark\" cx=\"%.2f%%\" cy=\"%.1f\" r=\"5\"/>", at, y) +
         title_of(mark.name + ": " + format("%.0f ns", mark.ns)) + "</g>" +
         // Beside the mark, on the side where there is room.
         format("<text class=\"value %s\" x=\"%.2f%%\" y=\"%.1f\" dx=\"%d\" dy=\"-8\">", at > 70 ? "end" : "start", at,
                y + 4, at > 70 ? -2 : 2) +
         escaped(readable_ns(mark.ns, kMicro)) + "</text>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character) {
    const char first = character[0];
    out += first == '&'                             ? "&amp;"
           : first == '<'                           ? "&lt;"
           : first == '>'                           ? "&gt;"
           : first == '"'                           ? "&quot;"
           : first == '\''                          ? "&#39;"
           : is_control(character) && first != '\n' ? "\xef\xbf\xbd"
                                                    : character;
  });
  return out;
}

Axis round_axis(double greatest, double most_steps) {
  if (!(greatest > 0) || !std::isfinite(greatest)) greatest = 1;
  const double power = std::pow(10, std::floor(std::log10(greatest / most_steps)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (greatest <= step * most_steps * 1.0001) break;
  }
  return {.top = std::ceil(greatest / step - 0.0001) * step, .step = step};
}

std::string time_chart(const TimeChart& chart) {
  if (chart.moments.empty()) return nothing(chart.title, chart.unit);
  double greatest = chart.least_top;
  for (const Series& series : chart.series) {
    greatest = std::max(greatest, *std::max_element(series.values.begin(), series.values.end()));
  }
  const Axis axis = round_axis(greatest, 5);
  const TimeScale scale(chart.moments);
  std::string body = level_lines(chart, axis) + scale.axis(kHeight + 18);
  body += format("<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" width=\"100%%\" height=\"%.0f\">\n",
                 kInside, kHeight, kHeight);
  for (const Series& series : chart.series) body += path(chart, series, scale, axis.top);
  body += "</svg>\n" + tip_bands(chart, scale);
  return figure(chart.title, chart.unit, legend(chart), svg(kHeight, chart.title + ", " + chart.unit, body));
}

std::string heat_map(const HeatMap& map) {
  if (map.moments.empty() || map.names.empty()) return nothing(map.title, map.unit);
  const auto rows = static_cast<double>(map.names.size());
  const double height = std::clamp(std::floor(320 / rows), 6.0, 20.0);
  const TimeScale scale(map.moments);
  std::string body = format("<rect class=\"h0\" width=\"100%%\" height=\"%.0f\"/>\n", rows * height);
  for (std::size_t row = 0; row < map.names.size(); ++row) {
    for (std::size_t column = 0; column < map.moments.size(); ++column) body += cell(map, scale, row, column, height);
  }
  body += row_names(map, height) + scale.axis(rows * height + 18);
  return figure(map.title, map.unit, heat_legend(), svg(rows * height, map.title + ", " + map.unit, body));
}

std::string duration_chart(const std::string& title, const std::vector<Mark>& marks) {
  if (marks.empty()) return nothing(title, "");
  const auto decade = [](double ns) { return std::log10(std::max(ns, 1.0)); };
  double least = decade(marks.front().ns);
  double greatest = least;
  for (const Mark& mark : marks) {
    least = std::min(least, decade(mark.ns));
    greatest = std::max(greatest, decade(mark.ns));
  }
  const int first = static_cast<int>(std::floor(least));
  const int last = std::max(first + 1, static_cast<int>(std::ceil(greatest)));
  constexpr double kRow = 30;
  const double height = kRow * static_cast<double>(marks.size()) + 6;
  std::string body = decade_lines(first, last, height);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    body +=
        mark_row(marks[i], 100 * (decade(marks[i].ns) - first) / (last - first), kRow * (static_cast<double>(i) + 0.7));
  }
  return figure(title, "logarithmic", "", svg(height, title, body));
}

}  // namespace packets
