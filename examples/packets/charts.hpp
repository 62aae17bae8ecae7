#pragma once
// Figures of a page: inline SVG that follows the page's width while its text keeps its size. Colours are the page's:
// classes and custom properties of its style sheet.

#include <string>
#include <string_view>
#include <vector>

namespace packets {

/// Somebody's string, as text or attribute of a page. Control characters are replaced, but for ends of lines.
std::string escaped(std::string_view text);

/// The seconds that a point of a chart stands for.
struct Moment {
  double begin = 0;
  double end = 0;
};

/// The ticks of an axis that begins at 0.
struct Axis {
  double top;   ///< a multiple of `step`
  double step;  ///< 1, 2 or 5 times a power of ten
};
Axis round_axis(double greatest, double most_steps);

struct Series {
  std::string name;
  std::string style;           ///< class of its line
  std::vector<double> values;  ///< one for each moment, finite and not negative
};

struct TimeChart {
  std::string title = {};
  std::string unit = {};
  std::vector<Moment> moments = {};    ///< in order of time
  std::vector<std::string> tips = {};  ///< one for each moment
  std::vector<Series> series = {};
  std::string (*label)(double) = nullptr;  ///< what a tick of the upright axis says
  double least_top = 0;                    ///< of the upright axis: nothing small is made to look large
  bool steps = false;                      ///< a value holds throughout its moment; else it was so at the moment's end
};
std::string time_chart(const TimeChart& chart);

struct HeatMap {
  std::string title = {};
  std::string unit = {};
  std::vector<Moment> moments = {};
  std::vector<std::string> names = {};           ///< one for each row
  std::vector<std::vector<double>> shares = {};  ///< of each row, one for each moment: 0 to 1
};
std::string heat_map(const HeatMap& map);

struct Mark {
  std::string name;
  double ns;
};
/// Durations, each in a row of its own, on a logarithmic axis.
std::string duration_chart(const std::string& title, const std::vector<Mark>& marks);

}  // namespace packets
