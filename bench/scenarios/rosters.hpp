#pragma once
// Rosters: who takes part, by what the producers may do.

#include <cstddef>

#include "../contenders/contenders.hpp"
#include "../driver/roster.hpp"

namespace bench {

// DPDK's rings hold elements of a multiple of four bytes.
template <class Item>
inline constexpr bool kForDpdk = sizeof(Item) % 4 == 0;

namespace detail {
template <class Item, bool = kForDpdk<Item>>
struct OfDpdk {
  using ForMany = Roster<DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>>;
  using ForOne = Roster<DpdkSpSc<Item>>;
};
template <class Item>
struct OfDpdk<Item, false> {
  using ForMany = Roster<>;
  using ForOne = Roster<>;
};
}  // namespace detail

/// Peers that any number of producers may write to; with DpdkForMany, all of them.
template <class Item, std::size_t kCapacity, std::size_t kProducers>
using PeersForMany =
    Roster<BoostQueue<Item>, MoodycamelTokens<Item, kCapacity / kProducers>, MoodycamelPlain<Item, kCapacity>,  //
           TbbBounded<Item>, UrcuWfcqueue<Item>, LibcdsVyukov<Item>, MutexRing<Item>, AbslMutexDeque<Item>>;
template <class Item>
using DpdkForMany = typename detail::OfDpdk<Item>::ForMany;

/// Peers that one producer alone may write to.
template <class Item>
using PeersForOne = Joined<Roster<BoostSpsc<Item>, MoodycamelRwq<Item>>, typename detail::OfDpdk<Item>::ForOne>;

/// All peers that can carry Item from one thread to another.
template <class Item, std::size_t kCapacity>
using PeersForUnicast = Joined<PeersForMany<Item, kCapacity, 1>, DpdkForMany<Item>, PeersForOne<Item>>;

}  // namespace bench
