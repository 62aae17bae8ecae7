// How a single producer publishes, written once and compiled several ways: to a ring buffer of its own; by a lease of one that
// has shards (LEASED); and in ways that no_more_code.py must notice: to shards by one that looks for an open one each time
// (LOOKS), that tells another function first (TELLS), that leaves it all to another function (HANDS_ON).
#include <cstddef>
#include <cstdint>
#include <whorl/disruptor/sharded_sequencer.hpp>

#if defined(HANDS_ON)
#define ITSELF [[gnu::noinline]]
#else
#define ITSELF
#endif

extern "C" void told() noexcept;  // nobody's: nothing here is linked

namespace {

using whorl::Dense, whorl::Inline;
template <class Layout>
using Sharded = whorl::ShardedRingBuffer<std::uint64_t, whorl::Exclusive, Layout, whorl::YieldingWait>;

#if defined(LOOKS)
template <class Layout>
struct Producer {
  Sharded<Layout>& ring;
  std::uint64_t id;
  auto* operator->() noexcept { return &ring.shard(ring.is_closed() ? 0 : ring.shard_of(id)); }
};
#elif defined(LEASED)
template <class Layout>
struct Producer {
  typename Sharded<Layout>::Lease& lease;
  auto* operator->() noexcept { return &lease; }
};
#else
template <class Layout>
struct Producer {
  whorl::RingBuffer<std::uint64_t, whorl::Single, Layout, whorl::YieldingWait>& ring;
  auto* operator->() noexcept {
#if defined(TELLS)
    told();
#endif
    return &ring;
  }
};
#endif

template <class Layout>
ITSELF bool publish(Producer<Layout>& producer, std::uint64_t number) noexcept {
  return producer->try_publish_event([number](std::uint64_t& event) noexcept { event = number; });
}

template <class Layout>
ITSELF bool publish_many(Producer<Layout>& producer, std::uint64_t number, std::size_t n) noexcept {
  return producer->try_publish_events(n, [&number](std::uint64_t& event) noexcept { event = number++; });
}

}  // namespace

extern "C" {

bool publish_dense(Producer<Dense>& producer, std::uint64_t number) { return publish(producer, number); }
bool publish_inline(Producer<Inline>& producer, std::uint64_t number) { return publish(producer, number); }
bool publish_many_dense(Producer<Dense>& producer, std::uint64_t number, std::size_t n) {
  return publish_many(producer, number, n);
}
bool publish_many_inline(Producer<Inline>& producer, std::uint64_t number, std::size_t n) {
  return publish_many(producer, number, n);
}
}
