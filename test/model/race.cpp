#include "race.hpp"

#include <utility>

namespace model {

void RaceDetector::reset() noexcept {
  ++execution_;
  used_ = 0;
}

RaceDetector::Cell& RaceDetector::find(const void* address) {
  const std::size_t mask = cells_.size() - 1;
  const auto hash = (reinterpret_cast<std::uintptr_t>(address) >> 3) * 0x9E3779B97F4A7C15u >> 32;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    Cell& cell = cells_[i];
    if (cell.execution != execution_) {
      if (used_ * 2 >= cells_.size()) break;
      cell = Cell{address, execution_, used_++, {}, {}};
      return cell;
    }
    if (cell.address == address) return cell;
  }
  grow();
  return find(address);
}

void RaceDetector::grow() {
  std::vector<Cell> old(cells_.size() * 2);
  old.swap(cells_);
  used_ = 0;
  for (const Cell& cell : old) {
    if (cell.execution == execution_) find(cell.address) = cell;
  }
}

const char* RaceDetector::read(std::size_t thread, const void* address, const Memory& memory) {
  Cell& cell = find(address);
  cell.read.at[thread] = memory.now(thread).tick;
  return memory.knows(thread, cell.written) ? nullptr
                                            : "data race: a read that an earlier write does not happen before";
}

const char* RaceDetector::write(std::size_t thread, const void* address, const Memory& memory) {
  Cell& cell = find(address);
  const bool after_write = memory.knows(thread, std::exchange(cell.written, memory.now(thread)));
  if (!after_write) return "data race: a write that an earlier write does not happen before";
  for (std::size_t i = 0; i < kMaxThreads; ++i) {
    if (!memory.knows(thread, {i, cell.read.at[i]}))
      return "data race: a write that an earlier read does not happen before";
  }
  return nullptr;
}

}  // namespace model
