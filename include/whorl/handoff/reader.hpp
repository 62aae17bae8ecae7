#pragma once
// Reader: where the one consumer of a ring reads, when it hands room back, and whether it runs ahead of the stamps.

#include <algorithm>
#include <utility>
#include <whorl/handoff/cells.hpp>
#include <whorl/handoff/gate.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// The consumer's half of a ring with one consumer.
///
/// Room goes back to the producers once an eighth of a lap has been used and at the end of every visit, so that a
/// reader never sleeps on room and a long visit does not starve the producers.
///
/// kFollow: the producers may share their claim. A reader that runs ahead of their stamps pulls away lines they are about
/// to write, and their locked instructions make them wait for each; so while they share it follows the stamps, unless it
/// is far behind.
///
/// Threads:   visit, peek: the one consumer, which may change threads if the two synchronise. skipped(): any thread.
/// Progress:  wait-free but for what `use` does.
template <bool kFollow>
class Reader {
 public:
  Reader(Position first, std::size_t capacity) noexcept : next_(first), step_(std::max<std::size_t>(1, capacity / 8)) {}

  /// Uses at most `most` items in order: use(T&), after which the item is destroyed. Returns how many.
  /// When `use` throws, that item counts as used, its room goes back and the exception goes on.
  template <Cells Memory, class Use>
  std::size_t visit(Memory& cells, ConsumerCursor& cursor, std::size_t most, Use&& use, bool shared = true) {
    sync::plain_write(this);
    Visit visit(*this, cursor);
    const bool run_ahead = !kFollow || !shared || backlog_;
    const auto some = [&](std::size_t n) {
      return run_ahead ? cells.template visit<false>(visit.next, n, use, visit.buried)
                       : cells.template visit<true>(visit.next, n, use, visit.buried);
    };
    const std::size_t used = most == 1 ? some(1) : in_eighths(visit, most, some);  // some(1) needs no loop
    if constexpr (kFollow) backlog_ = used >= kBacklog;
    return used;
  }

  /// True: there is an item to use. Room of tombstones goes back.
  template <Cells Memory>
  bool peek(Memory& cells, ConsumerCursor& cursor) {
    sync::plain_write(this);
    Visit visit(*this, cursor);
    return cells.peek(visit.next, visit.buried);
  }

  Position next() const noexcept { return next_; }  // the consumer only
  /// Tombstones passed so far.
  std::uint64_t skipped() const noexcept {
    return skipped_.load(sync::relaxed);  // relaxed: a count, it orders nothing
  }

 private:
  static constexpr std::size_t kBacklog = 32;  // a visit of that length is a long one

  // One visit's own copy of the position, for speed; whatever ends the visit, the reader and the producers learn of it.
  struct Visit {
    Reader& reader;
    ConsumerCursor& cursor;
    Position next;
    Position released;
    std::size_t buried = 0;

    Visit(Reader& r, ConsumerCursor& c) noexcept : reader(r), cursor(c), next(r.next_), released(next) {}
    ~Visit() {
      reader.next_ = next;
      release();
    }
    void release() noexcept {
      if (next == released) return;
      // Relaxed: written by the consumer only; the release below publishes it along with the room.
      if (kFollow && buried != 0) [[unlikely]]
        reader.skipped_.store(reader.skipped() + std::exchange(buried, 0), sync::relaxed);
      released = next;
      cursor.release(next);
    }
  };

  template <class Some>
  std::size_t in_eighths(Visit& visit, std::size_t most, const Some& some) {
    for (std::size_t used = 0;;) {
      const std::size_t chunk = std::min(most - used, step_);
      const std::size_t got = some(chunk);
      used += got;
      if (got < chunk || used == most) return used;
      visit.release();
    }
  }

  alignas(kCacheLine) Position next_;
  std::size_t step_;
  bool backlog_ = false;  // the last visit was long: the producers are far ahead of us
  sync::Atomic<std::uint64_t> skipped_{0};
};

}  // namespace whorl::inline WHORL_ABI_TAG
