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
    std::size_t used = 0;
    // A round in which some shard used up its quota did not see that shard's end: round again.
    for (bool again = true; again && used < most;) again = round(shards, bell, use, most, used);
    edge_.after_look(used, most);
    bell.rest(shards);
    return used;
  }

 private:
  // Once over the shards that the bell names. True: one of them was left with its quota used up.
  template <class Shards, class Use>
  bool round(Shards& shards, Doorbell& bell, Use& use, std::size_t most, std::size_t& used) {
    bool again = false;
    const std::size_t begin = turn_;
    std::size_t from = begin;
    std::size_t end = shards.size();
    while (used < most) {
      const std::size_t shard = bell.next(from, end);
      if (shard != end) {
        again |= serve(shards, bell, shard, use, most, used) == quota_;
        from = shard + 1;
      } else if (end == shards.size()) {
        from = 0;  // on from the first one to where it began
        end = begin;
      } else {
        break;
      }
    }
    return again;
  }

  template <class Shards, class Use>
  std::size_t serve(Shards& shards, Doorbell& bell, std::size_t shard, Use& use, std::size_t most, std::size_t& used) {
    const std::size_t next = shard + 1 < shards.size() ? shard + 1 : 0;
    const std::size_t turn = std::exchange(turn_, next);  // now, so that it stands if `use` throws
    const std::size_t got = shards[shard].try_consume(use, std::min(quota_, most - used));
    if (got == 0) {
      turn_ = turn;
    } else {
      bell.served(shard);
    }
    used += got;
    return got;
  }

  const std::size_t quota_;
  std::size_t turn_ = 0;  // the shard after the one served last
  Edge edge_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
