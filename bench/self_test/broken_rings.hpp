#pragma once
// Ring buffers that are wrong on purpose, now and then: of what one producer publishes singly, and in batches.

#include <optional>
#include <utility>

#include "broken.hpp"

namespace bench {

enum class Fault { kNone, kLosing, kDoubling, kReordering, kDamaging };

constexpr const char* name_of(Fault fault) noexcept {
  constexpr const char* kNames[] = {"sound ring", "losing ring", "doubling ring", "reordering ring", "damaging ring"};
  return kNames[static_cast<std::size_t>(fault)];
}

/// Ring is a whorl::RingBuffer of events made of words.
template <class Ring, Fault kFault>
struct BrokenRing : Ring {
  using Event = typename Ring::Event;
  using Ring::Ring;

  template <class Fill>
  bool try_publish_event(Fill&& fill) {
    if (kept) {  // the one that was kept back comes after the next one
      (void)Ring::publish_event(fill);
      (void)Ring::publish_event([this](Event& event) { event = *kept; });
      kept.reset();
      return true;
    }
    if (++calls % kNowAndThen != 0 || kFault == Fault::kNone) return Ring::try_publish_event(fill);
    if constexpr (kFault == Fault::kLosing) return true;
    if constexpr (kFault == Fault::kReordering) fill(kept.emplace());
    if constexpr (kFault == Fault::kDoubling) (void)Ring::publish_event(fill);
    if constexpr (kFault == Fault::kDamaging) {
      (void)Ring::publish_event([&fill](Event& event) { fill(event), event.words.back() ^= 1; });
    }
    return kFault == Fault::kDoubling ? Ring::try_publish_event(fill) : true;
  }

  // What a producer has filled where it lies.
  void publish(whorl::SequenceNumber low, whorl::SequenceNumber high) {
    if (++calls % kNowAndThenInBatches == 0) harm(this->get(low), this->get(low + 1));
    Ring::publish(low, high);
  }

 private:
  static void harm([[maybe_unused]] Event& one, [[maybe_unused]] Event& next) {
    if constexpr (kFault == Fault::kLosing) one = next;
    if constexpr (kFault == Fault::kDoubling) next = one;
    if constexpr (kFault == Fault::kReordering) std::swap(one, next);
    if constexpr (kFault == Fault::kDamaging) one.words.back() ^= 1;
  }

  unsigned calls = 0;
  std::optional<Event> kept;
};

}  // namespace bench
