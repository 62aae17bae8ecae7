#pragma once
// The seam between whorl and the machine. Every access to memory that two threads share goes through the names
// below, and no other header names std::atomic. A test may therefore put another machine underneath,
//
//     -DWHORL_SYNC_HEADER='"my_seam.hpp"'
//
// and run the shipping headers, unchanged, on it; test/model/ does so with a machine that tries every schedule.
// Such a build has an ABI tag of its own (config.hpp) and never mixes with a normal one.
//
// A seam defines, in namespace whorl::sync (inline tag included):
//
//   relaxed, acquire, release, acq_rel   the memory orders. There is no seq_cst: a seq_cst access is not a fence.
//   Atomic<T>                            what std::atomic<T> is: load, store, exchange, compare_exchange_weak and
//                                        _strong, fetch_add, fetch_sub, fetch_or, fetch_and, each with its orders
//   plain_read(p), plain_write(p)        "from here on this thread reads, owns the object at p": empty in a normal
//                                        build, where a race detector behind the seam listens
//   opaque(x)                            x, with its origin hidden from the optimiser
//   pause()                              a polite step of a spinning loop
//   yield()                              lets another thread have this CPU
//   ThreadId, this_thread()              an identity of the calling thread: an integer above 1, equal while it lives, cheap
//   asymmetric()                         barriers can be one-sided here; the answer never changes
//   light_barrier(w), heavy_barrier(w), full_barrier(w)
//                                        between a store before it and a load after it. Where two threads pass one each,
//                                        a heavy one and a full one, or, if asymmetric(), a heavy one and a light one,
//                                        at least one of them sees what the other stored before. `w` is the word that
//                                        the handshake is about, an atomic integer, the same for both; what both count on
//                                        seeing in it is put there by read-modify-writes
//   Clock                                what std::chrono::steady_clock is
//   park(w, expected, deadline)          sleeps until unpark_all(w), or the deadline, a Clock::time_point; not at all when
//                                        w differs from `expected`; now and then returns for no reason
//   unpark_all(w)                        wakes all who sleep on w, an Atomic<std::uint32_t>
//   sleep_until(deadline)                sleeps that long, or for no reason less

#include <whorl/sync/config.hpp>

#if defined(WHORL_SYNC_HEADER)
#include WHORL_SYNC_HEADER
#else
#include <whorl/sync/native.hpp>
#endif
