#pragma once
// A handler of many shards' events that writes down all that it is called with.

#include <doctest/doctest.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <whorl/disruptor/sharded_hooks.hpp>

namespace whorl_test {

using whorl::ErrorAction;
using whorl::ShardPlace;

/// Writes down what a processor calls: S(tart), B(atch) events/behind, the event's number (100 * shard + n), with ',' where
/// the run ends and '.' where the batch does, T(imeout), E(rror) number @ event / shard:sequence, s(top).
struct Diary {
  std::string text;
  std::function<void(std::uint64_t)> on_event = {};
  std::function<ErrorAction()> verdict = {};

  void write(std::uint64_t e, bool end_of_run, bool end_of_batch) {
    text += ' ' + std::to_string(e) + (end_of_run ? "," : "") + (end_of_batch ? "." : "");
    if (on_event) on_event(e);
  }
  void on_start() { text += 'S'; }
  void on_stop() { text += " s"; }
  void on_batch_start(std::size_t events, std::size_t behind) {
    text += " B" + std::to_string(events) + '/' + std::to_string(behind);
  }
  void on_timeout() { text += " T"; }
  ErrorAction on_error(const std::exception_ptr&, const std::uint64_t* e, ShardPlace place) noexcept {
    text += " E" + (e == nullptr ? "-" : "@" + std::to_string(*e)) + '/' + std::to_string(place.shard) + ':' +
            std::to_string(place.sequence);
    return verdict ? verdict() : ErrorAction::halt;
  }
};

struct EventDiary : Diary {
  template <class Context>
  void operator()(std::uint64_t& e, const Context& context) {
    CHECK(context.shard == e / 100);
    CHECK(static_cast<std::uint64_t>(context.sequence) >= e % 100);  // what was given up has a sequence, and no number
    write(e, context.end_of_run, context.end_of_batch);
  }
};

}  // namespace whorl_test
