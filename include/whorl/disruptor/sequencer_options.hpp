#pragma once
// What a sequencer may be told besides its size, and where its consumers sleep.

#include <whorl/handoff/group_gate.hpp>
#include <whorl/handoff/position.hpp>
#include <whorl/wait/event_count.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a sequencer may be told besides its size.
struct SequencerOptions {
  /// What producers do that nobody reads behind: wait after the first lap, or overwrite.
  EmptyGate without_consumers = EmptyGate::full;
  /// The first position, sequence 0 as a rule. For tests: to begin just before a wrap.
  Position first_position = 0;
};

namespace detail {

// Where those sleep that wait for something to be published: at an event count of the sequencer's own.
class OwnNews {
 public:
  using Options = SequencerOptions;
  explicit OwnNews(const Options&) noexcept {}
  EventCount& event() noexcept { return event_; }

 private:
  EventCount event_{EventCount::Payer::sleeper};
};

// What another kind of ring buffer says of that: its `News`.
template <class Kind>
struct NewsOf {
  using Type = OwnNews;
};
template <class Kind>
  requires requires { typename Kind::News; }
struct NewsOf<Kind> {
  using Type = typename Kind::News;
};

}  // namespace detail

}  // namespace whorl::inline WHORL_ABI_TAG
