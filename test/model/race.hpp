#pragma once
// RaceDetector: finds two accesses to plain data, one of them a write, that nothing orders.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory.hpp"

namespace model {

/// Remembers, for each address, the last write and every thread's last read (FastTrack, Flanagan and Freund, 2009).
/// Addresses stand for whole objects: overlapping objects at different addresses are different data.
class RaceDetector {
 public:
  RaceDetector() : cells_(64) {}

  /// A new execution: nothing has been accessed.
  void reset() noexcept;

  /// The thread reads, or writes, the object at `address`. What is wrong with that, or null.
  const char* read(std::size_t thread, const void* address, const Memory& memory);
  const char* write(std::size_t thread, const void* address, const Memory& memory);

  /// A short name for the object in a trace: the how many-th that was accessed.
  std::size_t number(const void* address) { return find(address).number; }

 private:
  struct Cell {
    const void* address = nullptr;
    std::uint64_t execution = 0;  // the cell is free unless it belongs to this one
    std::size_t number = 0;
    Moment written;  // tick 0: before the threads started, or never
    Clock read;
  };

  Cell& find(const void* address);
  void grow();

  std::vector<Cell> cells_;  // open addressing; the size is a power of two
  std::size_t used_ = 0;
  std::uint64_t execution_ = 1;
};

}  // namespace model
