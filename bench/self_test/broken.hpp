#pragma once
// Queues that are wrong on purpose, now and then; in batches, by the library's own call where Sound has one.

#include <optional>

#include "../contenders/contender.hpp"
#include "../driver/item.hpp"

namespace bench {

inline constexpr unsigned kNowAndThen = 100;
inline constexpr unsigned kNowAndThenInBatches = 8;  // of fewer calls

// Each breaks one of Sound's promises; Sound is any contender.
template <class Sound>
struct Losing : Sound {
  static constexpr const char* kName = "losing";
  using Sound::Sound;
  struct Producer {
    typename Sound::Producer sound;
    unsigned pushes = 0;
    bool try_push(const typename Sound::Item& item) { return ++pushes % kNowAndThen == 0 || sound.try_push(item); }
    std::size_t push_some(std::span<const typename Sound::Item> items)
      requires PushesSome<Sound>
    {
      return ++pushes % kNowAndThenInBatches == 0 ? 1 : sound.push_some(items);
    }
  };
  Producer producer(std::size_t id) { return {Sound::producer(id)}; }
};

template <class Sound>
struct Doubling : Sound {
  static constexpr const char* kName = "doubling";
  using Sound::Sound;
  struct Producer {
    typename Sound::Producer sound;
    unsigned pushes = 0;
    bool try_push(const typename Sound::Item& item) {
      if (!sound.try_push(item)) return false;
      if (++pushes % kNowAndThen == 0) (void)sound.try_push(item);
      return true;
    }
    std::size_t push_some(std::span<const typename Sound::Item> items)
      requires PushesSome<Sound>
    {
      const std::size_t accepted = sound.push_some(items);
      if (accepted != 0 && ++pushes % kNowAndThenInBatches == 0) (void)sound.push_some(items.first(1));
      return accepted;
    }
  };
  Producer producer(std::size_t id) { return {Sound::producer(id)}; }
};

// Keeps an item back until the next one has passed, be that in a later call.
template <class Sound>
struct Reordering : Sound {
  static constexpr const char* kName = "reordering";
  using Sound::Sound;
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return Sound::consume(
        [&](const typename Sound::Item& item) {
          if (++items % kNowAndThen == 0) {
            kept = item;
            return;
          }
          take(item);
          if (kept) take(*kept);
          kept.reset();
        },
        most);
  }
  unsigned items = 0;
  std::optional<typename Sound::Item> kept;
};

template <class Sound>
struct Damaging : Sound {
  static constexpr const char* kName = "damaging";
  using Sound::Sound;
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return Sound::consume(
        [&](const typename Sound::Item& item) {
          typename Sound::Item copy = item;
          if (++items % kNowAndThen == 0) copy.words.back() ^= 1;
          take(copy);
        },
        most);
  }
  unsigned items = 0;
};

// Says that it is empty while the last item is still inside.
template <class Sound>
struct Withholding : Sound {
  static constexpr const char* kName = "withholding";
  using Sound::Sound;
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t got = 0;
    Sound::consume(
        [&](const typename Sound::Item& item) {
          if (kept) {
            take(*kept);
            ++got;
          }
          kept = item;
        },
        most);
    return got;
  }
  std::optional<typename Sound::Item> kept;
};

}  // namespace bench
