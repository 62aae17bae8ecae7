#pragma once
// whorl's rings with 0, 64 and 128 bytes between the words of different writers. What the distance is follows from one
// constant in whorl's headers. So they are compiled three times more, as other namespaces with other constants: types that
// no linker can take for one another.

#include <whorl/ring/sharded_ring.hpp>  // and with it, every header of the standard library that is needed below

#include "whorl.hpp"

namespace bench {

/// Leased<T>, Biased<T> and Shared<T>: the rings with that many bytes between such words.
template <std::size_t kBytes>
struct PaddedRings;

}  // namespace bench

#define BENCH_SCAN 8  // as it is

#define BENCH_PADDING 0
#define whorl whorl_padding_0
#include "padded_rings.inc"
#undef whorl
#undef BENCH_PADDING

#define BENCH_PADDING 64
#define whorl whorl_padding_64
#include "padded_rings.inc"
#undef whorl
#undef BENCH_PADDING

#define BENCH_PADDING 128
#define whorl whorl_padding_128
#include "padded_rings.inc"
#undef whorl
#undef BENCH_PADDING

#undef BENCH_SCAN

namespace bench {

// Each producer has a shard for itself: what it shares with others is the line, when words of others lie on it.
template <class Item, std::size_t kBytes>
struct WhorlLeasedPadded : LeasedRing<typename PaddedRings<kBytes>::template Leased<Item>> {
  static constexpr const char* kName = kNumbered<"whorl/leased_padded", kBytes>;
  using WhorlLeasedPadded::LeasedRing::LeasedRing;
};
template <class Item, std::size_t kBytes>
struct WhorlBiasedPadded : RingById<typename PaddedRings<kBytes>::template Biased<Item>, ById{}> {
  static constexpr const char* kName = kNumbered<"whorl/biased_padded", kBytes>;
  using WhorlBiasedPadded::RingById::RingById;
};
template <class Item, std::size_t kBytes>
struct WhorlSharedPadded : RingById<typename PaddedRings<kBytes>::template Shared<Item>, ById{}> {
  static constexpr const char* kName = kNumbered<"whorl/shared_padded", kBytes>;
  using WhorlSharedPadded::RingById::RingById;
};

}  // namespace bench
