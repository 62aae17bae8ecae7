#pragma once
// Sweep: how one consumer takes turns among its shards.

#include <algorithm>
#include <cstddef>
#include <utility>
#include <whorl/ring/doorbell.hpp>
#include <whorl/wait/edge.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// The shard after the one served last comes first, and none gives more than `quota` items before the others have had
/// their turn: no shard starves, whatever the load.
///
/// Threads:  one, the consumer.
class Sweep {
 public:
  Sweep(std::size_t quota, unsigned edge_pauses) noexcept : quota_(quota), edge_(edge_pauses) {}

  /// Hands `use` at most `most` items of `shards`. Returns how many.
  template <class Shards, class Use>
  std::size_t run(Shards& shards, Doorbell& bell, Use& use, std::size_t most) {
    edge_.before_look();
    // A shard alone has nobody to take turns with, and its consumer always looks.
    const std::size_t used =
        shards.size() == 1 ? shards[0].try_consume(use, most) : take_turns(shards, bell, use, most);
    edge_.after_look(used, most);
    return used;
  }

 private:
  template <class Shards, class Use>
  std::size_t take_turns(Shards& shards, Doorbell& bell, Use& use, std::size_t most) {
    const std::size_t size = shards.size();
    const bool everywhere = bell.looks_everywhere();
    std::size_t used = 0;
    std::size_t left = size;  // to look at, until each in turn was seen to have no more than it gave
    for (std::size_t from = turn_; used != most && left != 0;) {
      const std::size_t idle = everywhere ? 0 : idle_from(bell, from, size);
      if (idle >= left) break;
      const std::size_t shard = from + idle < size ? from + idle : from + idle - size;
      from = shard + 1 < size ? shard + 1 : 0;
      const std::size_t turn = std::exchange(turn_, from);  // now, so that it stands if `use` throws
      const std::size_t got = shards[shard].try_consume(use, std::min(quota_, most - used));
      used += got;
      if (got == 0) {
        turn_ = turn;
      } else if (!everywhere) {
        bell.served(shard);
      }
      left = got == quota_ ? size : left - idle - 1;
    }
    if (!everywhere) bell.rest(shards);
    return used;
  }

  // How many shards from `from` on, round to the one before, the bell does not name.
  [[gnu::noinline]] static std::size_t idle_from(const Doorbell& bell, std::size_t from, std::size_t size) noexcept {
    const std::size_t shard = bell.next(from, size);
    return (shard != size ? shard : size + bell.next(0, from)) - from;
  }

  const std::size_t quota_;
  std::size_t turn_ = 0;  // the shard after the one served last
  Edge edge_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
