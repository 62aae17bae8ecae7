// The hot paths of a hand-off, written once and compiled three ways: through whorl's seam; through plain std::atomic
// (PLAIN); and with a publishing store that is heavier than it need be (HEAVIER), which same_code.py must notice.
#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(PLAIN)
namespace seam {
template <class T>
using Atomic = std::atomic<T>;
inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
}  // namespace seam
#define PLAIN_READ(p)
#define PLAIN_WRITE(p)
#else
#include <whorl/sync/sync.hpp>
namespace seam = whorl::sync;
#define PLAIN_READ(p) seam::plain_read(p)
#define PLAIN_WRITE(p) seam::plain_write(p)
#endif

#if defined(HEAVIER)
#define PUBLISH std::memory_order_seq_cst
#else
#define PUBLISH seam::release
#endif

struct Cell {
  seam::Atomic<std::uint64_t> stamp;
  std::uint64_t datum;
};

struct Ring {
  Cell* cells;
  std::uint64_t mask;
  seam::Atomic<std::uint64_t> next;
  seam::Atomic<std::uint64_t> limit;
};

extern "C" {

// An exclusive producer: plain stores, the last of which publishes.
bool write_exclusive(Ring& ring, std::uint64_t datum) {
  const std::uint64_t p = ring.next.load(seam::relaxed);
  if (p == ring.limit.load(seam::relaxed)) return false;
  ring.next.store(p + 1, seam::relaxed);
  Cell& cell = ring.cells[p & ring.mask];
  PLAIN_WRITE(&cell.datum);
  cell.datum = datum;
  cell.stamp.store(p + 1, PUBLISH);
  return true;
}

std::size_t read_all(Ring& ring, std::uint64_t& position, std::uint64_t& sum) {
  std::size_t used = 0;
  for (;; ++used, ++position) {
    Cell& cell = ring.cells[position & ring.mask];
    if (cell.stamp.load(seam::acquire) != position + 1) return used;
    PLAIN_READ(&cell.datum);
    sum += cell.datum;
  }
}

// Producers that share: space is proven, then the position is taken.
std::uint64_t claim_shared(Ring& ring) {
  std::uint64_t p = ring.next.load(seam::relaxed);
  do {
    if (static_cast<std::int64_t>(ring.limit.load(seam::acquire) - p) < 1) return 0;
  } while (!ring.next.compare_exchange_weak(p, p + 1, seam::relaxed, seam::relaxed));
  return p + 1;
}
}
