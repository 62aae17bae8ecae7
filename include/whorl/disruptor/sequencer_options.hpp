#pragma once
// What a sequencer may be told besides its size.

#include <whorl/handoff/group_gate.hpp>
#include <whorl/handoff/position.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a sequencer may be told besides its size.
struct SequencerOptions {
  /// What producers do that nobody reads behind: wait after the first lap, or overwrite.
  EmptyGate without_consumers = EmptyGate::full;
  /// The first position, sequence 0 as a rule. For tests: to begin just before a wrap.
  Position first_position = 0;
};

}  // namespace whorl::inline WHORL_ABI_TAG
