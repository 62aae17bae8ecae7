// How a single producer publishes, written once and compiled three ways: to a ring buffer of its own; by a lease of one that
// has shards (LEASED); and to shards by one that looks for an open one each time (LOOKS), which no_more_code.py must notice.
#include <cstddef>
#include <cstdint>
#include <whorl/disruptor/sharded_sequencer.hpp>

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
  auto* operator->() noexcept { return &ring; }
};
#endif

template <class Layout>
bool publish(Producer<Layout>& producer, std::uint64_t number) noexcept {
  return producer->try_publish_event([number](std::uint64_t& event) noexcept { event = number; });
}

template <class Layout>
bool publish_many(Producer<Layout>& producer, std::uint64_t number, std::size_t n) noexcept {
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
