#pragma once
// moodycamel's queues, made for a number of items and never allocating afterwards (try_enqueue). ConcurrentQueue keeps
// a row of blocks for each producer; a token spares the look-up of one's own row. kPerProducer bounds what one producer may
// have in flight. Who has a token keeps its blocks, and the fastest would end up with all of them: so each is given its share
// before the run. Without tokens the blocks that were emptied go back to a pool for all.

#include "contender.hpp"

#if BENCH_HAS_MOODYCAMEL

#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <vector>

namespace bench {

// A producer that reaches the bound gets no further block.
template <std::size_t kPerProducer>
struct MoodycamelTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t MAX_SUBQUEUE_SIZE = kPerProducer;
  static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = kPerProducer / BLOCK_SIZE;
  static constexpr std::size_t IMPLICIT_INITIAL_INDEX_SIZE = kPerProducer / BLOCK_SIZE;
};

template <class ItemType, std::size_t kPerProducer>
class MoodycamelTokens {
  using Queue = moodycamel::ConcurrentQueue<ItemType, MoodycamelTraits<kPerProducer>>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "moodycamel/tokens";
  static constexpr Producers kProducers = Producers::kOneEach;
  static constexpr bool kBulk = true;

  struct Producer {
    Queue& queue;
    moodycamel::ProducerToken token;
    bool try_push(const Item& item) { return queue.try_enqueue(token, item); }
    std::size_t push_some(std::span<const Item> items) {  // all or none
      if (!token.valid()) __builtin_unreachable();        // or g++ 12 warns of what would happen to one that is not
      return queue.try_enqueue_bulk(token, items.data(), items.size()) ? items.size() : 0;
    }
  };

  explicit MoodycamelTokens(Shape shape) : capacity_(shape.capacity), queue_(shape.capacity), consumer_(queue_) {
    share_out(shape.producers);
  }
  // A token made now takes over the blocks of one that is gone.
  Producer producer(std::size_t /*id*/) { return {queue_, moodycamel::ProducerToken(queue_)}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return take_copies<Item>(
        most, [this](std::span<Item> items) { return queue_.try_dequeue_bulk(consumer_, items.data(), items.size()); },
        take);
  }
  std::size_t capacity() const { return capacity_; }

 private:
  // As many tokens as there will be, each filled to its bound and emptied again.
  void share_out(std::size_t producers) {
    std::vector<moodycamel::ProducerToken> tokens;
    for (std::size_t i = 0; i < producers; ++i) tokens.emplace_back(queue_);
    for (const moodycamel::ProducerToken& token : tokens) {
      while (queue_.try_enqueue(token, Item{})) {
      }
    }
    Item item;
    for (const moodycamel::ProducerToken& token : tokens) {
      while (queue_.try_dequeue_from_producer(token, item)) {
      }
    }
  }

  std::size_t capacity_;
  Queue queue_;
  moodycamel::ConsumerToken consumer_;
};

template <class ItemType, std::size_t kPerProducer>
class MoodycamelPlain {
  using Queue = moodycamel::ConcurrentQueue<ItemType, MoodycamelTraits<kPerProducer>>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "moodycamel/plain";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;

  struct Producer {
    Queue& queue;
    bool try_push(const Item& item) { return queue.try_enqueue(item); }
    std::size_t push_some(std::span<const Item> items) {  // all or none
      return queue.try_enqueue_bulk(items.data(), items.size()) ? items.size() : 0;
    }
  };

  explicit MoodycamelPlain(Shape shape) : capacity_(shape.capacity), queue_(shape.capacity) {}
  Producer producer(std::size_t /*id*/) { return {queue_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return take_copies<Item>(
        most, [this](std::span<Item> items) { return queue_.try_dequeue_bulk(items.data(), items.size()); }, take);
  }
  std::size_t capacity() const { return capacity_; }

 private:
  std::size_t capacity_;
  Queue queue_;
};

template <class ItemType>
class MoodycamelRwq {
  using Queue = moodycamel::ReaderWriterQueue<ItemType>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "moodycamel/rwq";
  static constexpr Producers kProducers = Producers::kOne;
  static constexpr bool kBulk = false;  // it has no dequeue of several items

  struct Producer {
    Queue& queue;
    bool try_push(const Item& item) { return queue.try_enqueue(item); }
  };

  explicit MoodycamelRwq(Shape shape) : queue_(shape.capacity) {}
  Producer producer(std::size_t /*id*/) { return {queue_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t used = 0;
    for (Item item; used < most && queue_.try_dequeue(item); ++used) take(item);
    return used;
  }
  std::size_t capacity() const { return queue_.max_capacity(); }  // it rounds up

 private:
  Queue queue_;
};

}  // namespace bench

#else

namespace bench {

template <class, std::size_t>
struct MoodycamelTokens : Absent {
  static constexpr const char* kName = "moodycamel/tokens";
};
template <class, std::size_t>
struct MoodycamelPlain : Absent {
  static constexpr const char* kName = "moodycamel/plain";
};
template <class>
struct MoodycamelRwq : Absent {
  static constexpr const char* kName = "moodycamel/rwq";
};

}  // namespace bench

#endif
