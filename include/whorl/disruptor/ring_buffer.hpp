#pragma once
// RingBuffer: a sequencer whose cells hold events.

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/event_cells.hpp>
#include <whorl/disruptor/sequencer.hpp>
#include <whorl/ring/kinds.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// One producer at a time: plain stores only.
struct Single {
  using Claim = ExclusiveClaim;
  using DenseMarks = Cursor;
};

/// Any number of producers at once; each claim is a locked instruction.
struct Multi {
  using Claim = SharedClaim;
  using DenseMarks = LapFlags;
};

/// Inline (a stamp beside each event) where both fit one 64-byte line, Dense (events side by side, marks apart) where not.
template <class E>
using DefaultEventLayout = std::conditional_t<(sizeof(E) + sizeof(Position) > 64), Dense, Inline>;

namespace detail {

template <class E, class Kind, class Layout>
using EventCells =
    std::conditional_t<std::is_same_v<Layout, Dense>, DenseEvents<E, typename Kind::DenseMarks>, StampedEvents<E>>;

template <class E, class Kind, class Layout, class W>
using EventSequencer = Sequencer<typename Kind::Claim, EventCells<E, Kind, Layout>, W, typename NewsOf<Kind>::Type>;

// What fills an event: fill(E&), or fill(E&, sequence).
template <class F, class E>
concept FillsEvent = std::invocable<F&, E&> || std::invocable<F&, E&, SequenceNumber>;

template <class E, class F>
void fill_event(F& fill, E& event, SequenceNumber sequence) {
  if constexpr (std::invocable<F&, E&, SequenceNumber>) {
    fill(event, sequence);
  } else {
    fill(event);
  }
}

// What makes the events unless the constructor is told otherwise.
struct MakeDefault {
  template <class E>
  struct Of {
    E operator()(std::size_t) const { return E(); }
  };
};

}  // namespace detail

/// Events that are made once and filled anew each lap, by one producer or many, and read in place by any number of
/// consumers. Publishing is claiming, filling, and marking as complete.
///
/// Threads, order, progress, errors: as Sequencer. An event is its producer's from claim to publish, then its consumers'
///            until the last member of the gate has passed it.
/// Elements:  any object type; `make(i)` makes event i, in place.
template <class E, class Kind = Multi, class Layout = DefaultEventLayout<E>, WaitStrategy W = BlockingWait>
class RingBuffer : public detail::EventSequencer<E, Kind, Layout, W> {
  using Base = detail::EventSequencer<E, Kind, Layout, W>;

 public:
  using Event = E;
  static constexpr bool kDense = std::is_same_v<Layout, Dense>;

  explicit RingBuffer(std::size_t capacity, W wait = {}, typename Base::Options options = {})
    requires std::default_initializable<E>
      : Base(capacity, std::move(wait), options, typename detail::MakeDefault::template Of<E>{}) {}
  template <class Make>
    requires std::is_invocable_r_v<E, Make&, std::size_t>
  RingBuffer(std::size_t capacity, Make make, W wait = {}, typename Base::Options options = {})
      : Base(capacity, std::move(wait), options, make) {}

  /// The event of a sequence that the caller has claimed, or may read.
  E& get(SequenceNumber sequence) noexcept { return this->hand_off().cells().at(static_cast<Position>(sequence)); }
  E& operator[](SequenceNumber sequence) noexcept { return get(sequence); }

  /// As many of the n events from `sequence` on as lie side by side: all, or those up to the end of the ring.
  std::span<E> span(SequenceNumber sequence, std::size_t n) noexcept
    requires kDense
  {
    return this->hand_off().cells().run(static_cast<Position>(sequence), n);
  }

  /// Claims one event, has it filled by fill(E&) or fill(E&, sequence), and publishes it. False: there is no room, or the
  /// ring is closed; `fill` was not called then.
  ///
  /// Errors:  what `fill` throws; nothing is published then. `fill` must not publish to this ring if it has one producer.
  template <detail::FillsEvent<E> Fill>
  [[nodiscard]] bool try_publish_event(Fill&& fill) {
    return try_publish_events(1, fill);
  }
  /// The same, waiting for room.
  template <detail::FillsEvent<E> Fill>
  WriteResult publish_event(Fill&& fill, const Until& until = {}) {
    return publish_events(1, fill, until);
  }

  /// The same of n events one after the other: all or none. As no such claim is made, n = 0 is false, or `full`.
  template <detail::FillsEvent<E> Fill>
  [[nodiscard, gnu::always_inline]] bool try_publish_events(std::size_t n, Fill&& fill) {
    const Claimed claimed = this->claim(n);
    if (!claimed) [[unlikely]]
      return false;
    fill_and_publish(last_before(claimed.first + n), n, fill);
    return true;
  }
  template <detail::FillsEvent<E> Fill>
  WriteResult publish_events(std::size_t n, Fill&& fill, const Until& until = {}) {
    const NextResult next = this->next(n, until);
    if (next) fill_and_publish(next.sequence, n, fill);
    return next.result;
  }

 private:
  template <class Fill>
  [[gnu::always_inline]] void fill_and_publish(SequenceNumber last, std::size_t n, Fill& fill) {
    const Position end = next_after(last);
    struct Unfilled {  // given up when an exception leaves it behind
      RingBuffer* ring;
      SequenceNumber first;
      SequenceNumber last;
      ~Unfilled() {
        if (ring != nullptr) ring->abandon(first, last);
      }
    } unfilled{this, static_cast<SequenceNumber>(end - n), last};
    for (Position p = end - n; p != end; ++p) {
      const auto sequence = static_cast<SequenceNumber>(p);
      detail::fill_event(fill, get(sequence), sequence);
    }
    unfilled.ring = nullptr;
    this->publish(unfilled.first, last);
  }
};

}  // namespace whorl::inline WHORL_ABI_TAG
