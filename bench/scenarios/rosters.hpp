#pragma once
// Rosters: who takes part, by what the producers may do.

#include <cstddef>

#include "../contenders/contenders.hpp"
#include "../driver/roster.hpp"

namespace bench {

/// Peers that any number of producers may write to; with DpdkForMany, all of them.
template <class Item, std::size_t kCapacity, std::size_t kProducers>
using PeersForMany =
    Roster<BoostQueue<Item>, MoodycamelTokens<Item, kCapacity / kProducers>, MoodycamelPlain<Item, kCapacity>,  //
           TbbBounded<Item>, UrcuWfcqueue<Item>, LibcdsVyukov<Item>, MutexRing<Item>, AbslMutexDeque<Item>>;
template <class Item>
using DpdkForMany = Roster<DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>>;

/// Peers that one producer alone may write to.
template <class Item>
using PeersForOne = Roster<BoostSpsc<Item>, BoostSpscInPlace<Item>, MoodycamelRwq<Item>, DpdkSpSc<Item>>;

/// All peers that can carry Item from one thread to another.
template <class Item, std::size_t kCapacity>
using PeersForUnicast = Joined<PeersForMany<Item, kCapacity, 1>, DpdkForMany<Item>, PeersForOne<Item>>;

/// whorl's main kinds, and those.
template <class Item, std::size_t kCapacity>
using MainForUnicast = Joined<Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlBiased<Item>, WhorlShared1<Item>>,
                              PeersForUnicast<Item, kCapacity>>;

}  // namespace bench
