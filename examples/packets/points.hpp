#pragma once
// Samples, as many as a chart has room for.

#include <algorithm>
#include <vector>

#include "charts.hpp"
#include "report.hpp"

namespace packets {

inline constexpr std::size_t kMostPoints = 300;

struct Point {
  Sample sum;  // counts together, the greatest p99, every shard's greatest fill, every stage's greatest lag
  std::uint64_t whole = 0;  // items in the ring, when they were most
};

inline void add_sample(Point& point, const Sample& sample) {
  Sample& sum = point.sum;
  sum.seconds = sample.seconds;
  sum.length += sample.length;
  sum.read += sample.read;
  sum.delivered += sample.delivered;
  sum.bytes += sample.bytes;
  sum.dropped += sample.dropped;
  sum.p99_ns = std::max(sum.p99_ns, sample.p99_ns);
  sum.fill.resize(std::max(sum.fill.size(), sample.fill.size()));
  std::uint64_t whole = 0;
  for (std::size_t i = 0; i < sample.fill.size(); ++i) {
    sum.fill[i] = std::max(sum.fill[i], sample.fill[i]);
    whole += sample.fill[i];
  }
  point.whole = std::max(point.whole, whole);
  sum.lag.resize(std::max(sum.lag.size(), sample.lag.size()));
  for (std::size_t i = 0; i < sample.lag.size(); ++i) sum.lag[i] = std::max(sum.lag[i], sample.lag[i]);
}

// At most `most`. A sample much shorter than the others, as the last one may be, is put to the one before it: it could
// have any rate.
inline std::vector<Point> points_of(const std::vector<Sample>& samples, std::size_t most) {
  const std::size_t each = (samples.size() + most - 1) / most;
  std::vector<Point> points;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const bool odd = samples[i].length < samples[0].length / 10;
    if (points.empty() || (i % each == 0 && !odd)) points.emplace_back();
    add_sample(points.back(), samples[i]);
  }
  return points;
}

inline std::vector<Moment> moments_of(const std::vector<Point>& points) {
  std::vector<Moment> moments;
  moments.reserve(points.size());
  for (const Point& point : points) moments.push_back({point.sum.seconds - point.sum.length, point.sum.seconds});
  return moments;
}

template <class Value>
std::vector<double> values_of(const std::vector<Point>& points, Value&& value) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const Point& point : points) values.push_back(value(point));
  return values;
}

}  // namespace packets
