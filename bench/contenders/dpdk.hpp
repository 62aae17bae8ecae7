#pragma once
// DPDK's rte_ring, by its interface for elements of any size, on ordinary memory: no environment layer, no huge pages.
// mp: producers publish in the order of their claims, each waiting for the one before. hts: one claim at a time. rts:
// the last of several to finish publishes for all. sp: one producer. The consumer is a single one throughout. Items whose
// size is no multiple of 4 are padded, on their way in by a copy.

#include "contender.hpp"

#if BENCH_HAS_DPDK

#include <rte_ring.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <type_traits>

namespace bench {

// rte_ring copies items as 32-bit words, whatever they are made of. Compilers that trust types may order such accesses and
// those of the item itself as they like, so none may be moved across this.
inline void copied_as_words(const void* items) noexcept { asm volatile("" ::"r"(items) : "memory"); }

template <class ItemType, class Mode>
class DpdkRing {
  static constexpr bool kInWords = sizeof(ItemType) % sizeof(std::uint32_t) == 0;
  struct alignas(std::uint32_t) Padded {
    ItemType item;
  };
  using Element = std::conditional_t<kInWords, ItemType, Padded>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = Mode::kName;
  static constexpr Producers kProducers = Mode::kProducers;
  static constexpr bool kBulk = true;

  struct Producer {
    rte_ring* ring;
    bool try_push(const Item& item) {
      if constexpr (kInWords) {
        return enqueue(&item);
      } else {
        const Padded padded{item};
        return enqueue(&padded);
      }
    }
    std::size_t push_some(std::span<const Item> items)
      requires kInWords
    {
      copied_as_words(items.data());
      const std::size_t accepted =
          Mode::enqueue_burst(ring, items.data(), sizeof(Item), static_cast<unsigned>(items.size()));
      copied_as_words(items.data());
      return accepted;
    }

   private:
    bool enqueue(const Element* element) {
      copied_as_words(element);
      const bool accepted = Mode::enqueue(ring, element, sizeof(Element)) == 1;
      copied_as_words(element);
      return accepted;
    }
  };

  explicit DpdkRing(Shape shape) {
    constexpr std::size_t kPage = 4096;
    const auto slots = static_cast<unsigned>(shape.capacity);  // a power of two, of which one slot stays empty
    const auto bytes = static_cast<std::size_t>(rte_ring_get_memsize_elem(sizeof(Element), slots));
    ring_.reset(static_cast<rte_ring*>(std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage)));
    if (ring_ == nullptr) throw std::bad_alloc();
    if (rte_ring_init(ring_.get(), "bench", slots, Mode::kFlags | RING_F_SC_DEQ) != 0) {
      throw std::runtime_error("rte_ring_init failed");
    }
  }
  Producer producer(std::size_t /*id*/) { return {ring_.get()}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    const auto pop = [this](std::span<Element> items) -> std::size_t {
      copied_as_words(items.data());
      const unsigned got = rte_ring_sc_dequeue_burst_elem(ring_.get(), items.data(), sizeof(Element),
                                                          static_cast<unsigned>(items.size()), nullptr);
      copied_as_words(items.data());
      return got;
    };
    if constexpr (kInWords) {
      return take_copies<Element>(most, pop, take);
    } else {
      return take_copies<Element>(most, pop, [&](const Element& element) { take(element.item); });
    }
  }
  std::size_t capacity() const { return rte_ring_get_capacity(ring_.get()); }

 private:
  struct Free {
    void operator()(rte_ring* ring) const noexcept { std::free(ring); }
  };
  std::unique_ptr<rte_ring, Free> ring_;
};

struct DpdkMpMode {
  static constexpr const char* kName = "dpdk/mp_sc";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr unsigned kFlags = 0;
  static unsigned enqueue(rte_ring* ring, const void* item, unsigned bytes) {
    return rte_ring_mp_enqueue_bulk_elem(ring, item, bytes, 1, nullptr);
  }
  static unsigned enqueue_burst(rte_ring* ring, const void* items, unsigned bytes, unsigned count) {
    return rte_ring_mp_enqueue_burst_elem(ring, items, bytes, count, nullptr);
  }
};
struct DpdkHtsMode {
  static constexpr const char* kName = "dpdk/hts";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr unsigned kFlags = RING_F_MP_HTS_ENQ;
  static unsigned enqueue(rte_ring* ring, const void* item, unsigned bytes) {
    return rte_ring_mp_hts_enqueue_bulk_elem(ring, item, bytes, 1, nullptr);
  }
  static unsigned enqueue_burst(rte_ring* ring, const void* items, unsigned bytes, unsigned count) {
    return rte_ring_mp_hts_enqueue_burst_elem(ring, items, bytes, count, nullptr);
  }
};
struct DpdkRtsMode {
  static constexpr const char* kName = "dpdk/rts";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr unsigned kFlags = RING_F_MP_RTS_ENQ;
  static unsigned enqueue(rte_ring* ring, const void* item, unsigned bytes) {
    return rte_ring_mp_rts_enqueue_bulk_elem(ring, item, bytes, 1, nullptr);
  }
  static unsigned enqueue_burst(rte_ring* ring, const void* items, unsigned bytes, unsigned count) {
    return rte_ring_mp_rts_enqueue_burst_elem(ring, items, bytes, count, nullptr);
  }
};
struct DpdkSpMode {
  static constexpr const char* kName = "dpdk/sp_sc";
  static constexpr Producers kProducers = Producers::kOne;
  static constexpr unsigned kFlags = RING_F_SP_ENQ;
  static unsigned enqueue(rte_ring* ring, const void* item, unsigned bytes) {
    return rte_ring_sp_enqueue_bulk_elem(ring, item, bytes, 1, nullptr);
  }
  static unsigned enqueue_burst(rte_ring* ring, const void* items, unsigned bytes, unsigned count) {
    return rte_ring_sp_enqueue_burst_elem(ring, items, bytes, count, nullptr);
  }
};

template <class Item>
using DpdkMpSc = DpdkRing<Item, DpdkMpMode>;
template <class Item>
using DpdkHts = DpdkRing<Item, DpdkHtsMode>;
template <class Item>
using DpdkRts = DpdkRing<Item, DpdkRtsMode>;
template <class Item>
using DpdkSpSc = DpdkRing<Item, DpdkSpMode>;

}  // namespace bench

#else

namespace bench {

template <class>
struct DpdkMpSc : Absent {
  static constexpr const char* kName = "dpdk/mp_sc";
};
template <class>
struct DpdkHts : Absent {
  static constexpr const char* kName = "dpdk/hts";
};
template <class>
struct DpdkRts : Absent {
  static constexpr const char* kName = "dpdk/rts";
};
template <class>
struct DpdkSpSc : Absent {
  static constexpr const char* kName = "dpdk/sp_sc";
};

}  // namespace bench

#endif
