#pragma once
// liburcu's wfcqueue, a linked list: a push is one exchange and waits for nobody. It has neither bounds nor memory of its
// own. Here each producer has its share of the capacity in nodes, made beforehand, and takes them in turn: as its items
// come out in order, so do its nodes come back, and the consumer counts them for it. What that costs is in the figures:
// a store of the consumer for each item, and a look at it by the producer when it has used up what it knew of.

#include "contender.hpp"

#if BENCH_HAS_URCU

#define _LGPL_SOURCE  // the functions of the library inline, as they are fastest
#include <urcu/wfcqueue.h>
#undef _LGPL_SOURCE

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <whorl/sync/config.hpp>

namespace bench {

template <class ItemType>
class UrcuWfcqueue {
  struct Pool;
  struct Node {
    cds_wfcq_node link;  // first, so that a node can be had from it
    Pool* pool;
    ItemType item;
  };
  struct alignas(whorl::kCacheLine) Pool {
    std::unique_ptr<Node[]> nodes;
    std::uint64_t used = 0;                                             // nodes, by the producer
    alignas(whorl::kCacheLine) std::atomic<std::uint64_t> returned{0};  // nodes, by the consumer
  };
  // Producers write to the tail, the consumer to the head.
  struct List {
    alignas(whorl::kCacheLine) __cds_wfcq_head head;
    alignas(whorl::kCacheLine) cds_wfcq_tail tail;
    List() { __cds_wfcq_init(&head, &tail); }
    cds_wfcq_head_ptr_t handle() { return __cds_wfcq_head_cast(&head); }
  };

 public:
  using Item = ItemType;
  static constexpr const char* kName = "urcu/wfcqueue";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;  // it takes all that is there by one call

  class Producer {
   public:
    Producer(List& list, Pool& pool, std::size_t nodes) noexcept
        : list_(list), pool_(pool), mask_(nodes - 1), limit_(pool.returned.load(std::memory_order_acquire) + nodes) {}
    bool try_push(const Item& item) {
      if (room(1) == 0) [[unlikely]]
        return false;
      cds_wfcq_enqueue(list_.handle(), &list_.tail, filled_with(item));
      return true;
    }
    // A list of its own first, which is then spliced to the other.
    std::size_t push_some(std::span<const Item> items) {
      const std::size_t count = std::min(items.size(), room(items.size()));
      if (count == 0) return 0;
      List batch;
      for (const Item& item : items.first(count)) {
        cds_wfcq_node* const link = filled_with(item);
        batch.tail.p->next = link;  // nobody else sees this list: no need for an exchange
        batch.tail.p = link;
      }
      (void)__cds_wfcq_splice_nonblocking(list_.handle(), &list_.tail, batch.handle(), &batch.tail);
      return count;
    }

   private:
    // Nodes that may be used. The consumer's count is looked at only when it matters.
    std::size_t room(std::size_t wanted) noexcept {
      if (limit_ - pool_.used < wanted) [[unlikely]]
        limit_ = pool_.returned.load(std::memory_order_acquire) + mask_ + 1;
      return limit_ - pool_.used;
    }
    cds_wfcq_node* filled_with(const Item& item) {
      Node& node = pool_.nodes[pool_.used++ & mask_];
      node.item = item;
      cds_wfcq_node_init(&node.link);
      return &node.link;
    }

    List& list_;
    Pool& pool_;
    const std::uint64_t mask_;
    std::uint64_t limit_;  // so many nodes may be used in all, as far as it is known
  };

  explicit UrcuWfcqueue(Shape shape)
      : nodes_each_(std::bit_floor(shape.capacity / shape.producers)),
        capacity_(nodes_each_ * shape.producers),
        pools_(std::make_unique<Pool[]>(shape.producers)) {
    for (std::size_t id = 0; id < shape.producers; ++id) {
      pools_[id].nodes = std::make_unique<Node[]>(nodes_each_);
      for (std::size_t i = 0; i < nodes_each_; ++i) pools_[id].nodes[i].pool = &pools_[id];
    }
  }
  Producer producer(std::size_t id) { return {shared_, pools_[id], nodes_each_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t used = 0;
    while (used < most) {
      cds_wfcq_node* const link = next();
      if (link == nullptr) break;
      Node& node = *reinterpret_cast<Node*>(link);
      take(node.item);
      ++used;
      std::atomic<std::uint64_t>& returned = node.pool->returned;
      returned.store(returned.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    return used;
  }
  std::size_t capacity() const { return capacity_; }

 private:
  // From what was taken by the last call, or else by a new one. None also while a producer has linked only half of its
  // node.
  cds_wfcq_node* next() {
    cds_wfcq_node* link = __cds_wfcq_dequeue_nonblocking(taken_.handle(), &taken_.tail);
    if (link == nullptr) {
      (void)__cds_wfcq_splice_nonblocking(taken_.handle(), &taken_.tail, shared_.handle(), &shared_.tail);
      link = __cds_wfcq_dequeue_nonblocking(taken_.handle(), &taken_.tail);
    }
    return link == CDS_WFCQ_WOULDBLOCK ? nullptr : link;
  }

  const std::size_t nodes_each_;
  const std::size_t capacity_;
  std::unique_ptr<Pool[]> pools_;
  List shared_;
  List taken_;  // the consumer's alone
};

}  // namespace bench

#else

namespace bench {

template <class>
struct UrcuWfcqueue : Absent {
  static constexpr const char* kName = "urcu/wfcqueue";
};

}  // namespace bench

#endif
