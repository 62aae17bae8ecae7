// The two ways in which a reader walks stamped cells, for reads_ahead.py to look at. The first word of the name of a
// function says what its loop must be.
#include <cstdint>
#include <whorl/handoff/reader.hpp>
#include <whorl/handoff/stamped_cells.hpp>

namespace {

using Cells = whorl::StampedCells<std::uint64_t>;

// As the reader does it: its position is a local of the visit.
template <bool kFollow>
std::size_t sum(Cells& cells, whorl::Position& position, std::size_t most, std::uint64_t& total) {
  whorl::Position next = position;
  std::uint64_t seen = 0;
  std::size_t buried = 0;
  const std::size_t used = cells.visit<kFollow>(next, most, [&](std::uint64_t& value) { seen += value; }, buried);
  total += seen + buried;
  position = next;
  return used;
}

}  // namespace

extern "C" {

std::size_t follow_stamps(Cells& cells, whorl::Position& position, std::size_t most, std::uint64_t& total) {
  return sum<true>(cells, position, most, total);
}

std::size_t ahead_of_stamps(Cells& cells, whorl::Position& position, std::size_t most, std::uint64_t& total) {
  return sum<false>(cells, position, most, total);
}

std::size_t ahead_in_reader(whorl::Reader<false>& reader, Cells& cells, whorl::ConsumerCursor& cursor, std::size_t most,
                            std::uint64_t& total) {
  std::uint64_t seen = 0;
  const std::size_t used = reader.visit(cells, cursor, most, [&](std::uint64_t& value) { seen += value; });
  total += seen;
  return used;
}
}
