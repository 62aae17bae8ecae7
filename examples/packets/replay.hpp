#pragma once
// Packets out of a file.

#include <vector>

#include "capture.hpp"
#include "options.hpp"
#include "pace.hpp"
#include "source.hpp"

namespace packets {

/// Each producer has the flows that a network card's hash would give it. Frames point into `capture`, which must live
/// longer. The capture's own times, or a rate, make a pace where options ask for one.
class Replay : public Source {
 public:
  Replay(const Capture& capture, const Options& options);

  std::string describe() const override;
  std::unique_ptr<Feed> feed(std::uint32_t producer, std::stop_token stop) override;
  std::uint64_t end() const override;
  Bytes header() const override { return capture_.header; }
  /// The trailer ends every loop: what begins again is then a section of its own.
  Bytes trailer() const override { return capture_.trailer; }
  bool ends_part(std::uint64_t order) const override { return (order + 1) % capture_.records.size() == 0; }
  std::string trouble() const override { return capture_.error; }

 private:
  class Lane;

  std::int64_t moment_of(std::uint64_t order) const;

  const Capture& capture_;
  const Options options_;
  std::vector<std::vector<std::size_t>> lanes_;  // the records of each producer, in the order of the capture
  double length_ns_ = 0;                         // of one loop, by the capture's clock
  Pace pace_;
};

}  // namespace packets
