// Whose words lie beside whose: one side acts, and the bytes of the object that have changed are its own.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <thread>
#include <type_traits>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "upstream_ring.hpp"

namespace {

using Bytes = std::vector<unsigned char>;
using Lines = std::vector<bool>;  // for each line of an object, whether it is one of somebody's

template <class T>
Bytes bytes_of(const T& object) {
  Bytes bytes(sizeof(T));
  std::memcpy(bytes.data(), reinterpret_cast<const unsigned char*>(&object), sizeof(T));
  return bytes;
}

// Which lines of `object` act() changes, added to `mine`. Where one object ends a line ends, too, so that the next one
// may lie beside it.
template <class T, class Act>
void watch(const T& object, Lines& mine, Act&& act) {
  static_assert(alignof(T) >= whorl::kCacheLine && sizeof(T) % whorl::kCacheLine == 0);
  mine.resize(sizeof(T) / whorl::kCacheLine);
  const Bytes before = bytes_of(object);
  act();
  const Bytes after = bytes_of(object);
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    if (before[i] != after[i]) mine[i / whorl::kCacheLine] = true;
  }
}

bool any(const Lines& lines) { return std::ranges::count(lines, true) != 0; }

bool share_a_line(const Lines& one, const Lines& other) {
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (one[i] && other[i]) return true;
  }
  return false;
}

struct Sides {
  Lines producer;
  Lines consumer;
};

// `write()` and `read()` move 1000 items through `object` in lots of every size, with refusals on both sides.
template <class T, class Write, class Read>
Sides watch_both(const T& object, Write&& write, Read&& read) {
  Sides sides;
  for (std::size_t lot = 1; lot < 100; ++lot) {
    watch(object, sides.producer, [&] {
      for (std::size_t i = 0; i < lot; ++i) write();
    });
    watch(object, sides.consumer, [&] {
      for (std::size_t i = 0; i < lot + 1; ++i) read();
    });
  }
  return sides;
}

template <class KindOfShape, class LayoutOfShape>
struct Shape {
  using Shard = whorl::RingShard<std::uint64_t, KindOfShape, LayoutOfShape>;
};

}  // namespace

TEST_CASE("D13: upstream, the words of producers and consumer share a line") {
  const upstream::Shard shard(64);
  const auto* writers = static_cast<const unsigned char*>(shard.writers_word());
  const auto* readers = static_cast<const unsigned char*>(shard.readers_word());
  CHECK((writers < readers ? readers - writers : writers - readers) < 64);
}

TEST_CASE_TEMPLATE(
    "D13: words of producers and words of the consumer lie on lines of their own, in a row of shards, too", S,
    Shape<whorl::Shared, whorl::Inline>, Shape<whorl::Biased, whorl::Inline>, Shape<whorl::Exclusive, whorl::Inline>,
    Shape<whorl::Exclusive, whorl::Dense>) {
  using Shard = typename S::Shard;
  for (const std::size_t capacity : {1u, 8u, 64u}) {
    CAPTURE(capacity);
    Shard shard(capacity);
    const Sides sides = watch_both(
        shard, [&] { static_cast<void>(shard.try_write(1u)); }, [&] { shard.try_consume([](std::uint64_t) {}, 1); });
    CHECK_FALSE(share_a_line(sides.producer, sides.consumer));
    CHECK(any(sides.producer));
    CHECK(any(sides.consumer));
  }
}

TEST_CASE("D13: a biased shard's owner, the others and the consumer have lines of their own") {
  if (!whorl::sync::asymmetric()) return;  // nobody owns a biased shard then
  whorl::BiasedClaim claim(0, 8);
  whorl::ConsumerCursor gate(0);
  Lines owner;
  Lines stranger;
  for (std::uint64_t p = 0; p < 100; ++p) {
    watch(claim, owner, [&] { CHECK(claim.try_claim(1, 1, gate)); });
    if (p == 0) owner.assign(owner.size(), false);  // taking possession: once
    gate.release(p + 1);
  }
  std::jthread([&] { CHECK(claim.try_claim(1, 1, gate)); }).join();  // the revocation: once
  for (std::uint64_t p = 101; p < 200; ++p) {
    gate.release(p);
    watch(claim, stranger, [&] { CHECK(claim.try_claim(1, 1, gate)); });
  }
  CHECK(any(owner));
  CHECK(any(stranger));
  CHECK_FALSE(share_a_line(owner, stranger));
}

TEST_CASE("D13: producers write nothing of the ring but their shard, as long as nobody sleeps") {
  for (const std::size_t shards : {1u, 4u, 64u}) {
    whorl::ShardedRing<std::uint64_t> ring(shards * 8, shards);
    const Sides sides = watch_both(
        ring, [&, id = 0u]() mutable { static_cast<void>(ring.try_write(id++, 1u)); },
        [&] { static_cast<void>(ring.try_read()); });
    CHECK_FALSE(any(sides.producer));
    // The turn, which is always the same one where there is one shard.
    if (shards > 1) CHECK(any(sides.consumer));
  }
}
