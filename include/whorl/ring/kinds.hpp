#pragma once
// The kinds of a shard: who may write to it (Biased, Shared, Exclusive) and how its memory is laid out (Inline, Dense).

#include <cstddef>
#include <type_traits>
#include <whorl/handoff/biased_claim.hpp>
#include <whorl/handoff/claim.hpp>
#include <whorl/handoff/dense_cells.hpp>
#include <whorl/handoff/stamped_cells.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Any number of producers: plain stores for the first thread that writes, until a second one comes; from then on, for
/// ever, what Shared is. The default: with one thread for each shard it is as fast as a lease and needs none.
struct Biased {
  using Claim = BiasedClaim;
};

/// Any number of producers at once; each write costs one locked instruction, and a producer that is preempted between
/// claim and publish holds the reader of its shard back until it runs again.
struct Shared {
  using Claim = SharedClaim;
};

/// One producer at a time, by lease: plain stores only, and nobody else to wait for.
struct Exclusive {
  using Claim = ExclusiveClaim;
};

/// A stamp beside each datum: best for single items up to a cache line. Cells lie side by side without padding, so that
/// where datum and stamp are not a power of two together, some cells lie across two lines.
struct Inline {
  template <class T>
  using Cells = StampedCells<T>;
};

/// T[] and a cursor, for exclusive shards: best for batches and for large items.
struct Dense {
  template <class T>
  using Cells = DenseCells<T>;
};

/// Inline where datum and stamp fit one 64-byte line, and wherever producers share.
template <class T, class Kind>
using DefaultLayout =
    std::conditional_t<std::is_same_v<Kind, Exclusive> && (sizeof(T) + sizeof(Position) > 64), Dense, Inline>;

}  // namespace whorl::inline WHORL_ABI_TAG
