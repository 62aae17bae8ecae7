// Rows that hold because something is so by its type: a static_assert's label is what rows.txt calls it by.

#include <cstddef>
#include <optional>
#include <type_traits>
#include <whorl/disruptor/ring_buffer.hpp>

#include "roster.hpp"

namespace {

template <class Ring, class Base>
constexpr bool delegates_nothing() {
  using Next = whorl::NextResult (Base::*)(std::size_t, const whorl::Until&);
  using TryNext = std::optional<whorl::SequenceNumber> (Base::*)(std::size_t) noexcept;
  using Publish = void (Base::*)(whorl::SequenceNumber) noexcept;
  using PublishAll = void (Base::*)(whorl::SequenceNumber, whorl::SequenceNumber) noexcept;
  // As the compiler finds them in the ring buffer, they are the sequencer's.
  return std::is_base_of_v<Base, Ring> && static_cast<Next>(&Ring::next) == static_cast<Next>(&Base::next) &&
         static_cast<TryNext>(&Ring::try_next) == static_cast<TryNext>(&Base::try_next) &&
         static_cast<Publish>(&Ring::publish) == static_cast<Publish>(&Base::publish) &&
         static_cast<PublishAll>(&Ring::publish) == static_cast<PublishAll>(&Base::publish);
}

template <class Claim, class Cells>
using Sequencing = whorl::Sequencer<Claim, Cells, whorl_test::SleepAtOnce>;
template <class Claim>
using Stamped = Sequencing<Claim, whorl::StampedEvents<std::uint64_t>>;

static_assert(delegates_nothing<whorl_test::SingleRing, Stamped<whorl::ExclusiveClaim>>(),
              "ring-buffer-is-a-sequencer");
static_assert(delegates_nothing<whorl_test::MultiRing, Stamped<whorl::SharedClaim>>(), "ring-buffer-is-a-sequencer");

}  // namespace
