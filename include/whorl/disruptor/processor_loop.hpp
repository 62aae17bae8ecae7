#pragma once
// ProcessorLoop: what the loops of processors have in common, of one ring or of many shards.

#include <cstdint>
#include <exception>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/disruptor/handler_hooks.hpp>
#include <whorl/disruptor/sequence_barrier.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How a processor's run ended.
enum class RunEnd : std::uint8_t {
  halted,  ///< halt() was called, a stop requested, or its barrier alerted
  closed,  ///< nothing more comes: the ring is closed and everything in it handled, or a consumer upstream has ended
  failed,  ///< the handler failed, and on_error said so
};

namespace detail {

// A run: around everything the hooks, whose exceptions on_error judges, and the word whether it is running. Self has
//
//     barrier_            whose alert ends a run
//     step(stop)          one batch, or one wait for it; false: the run is over
//     begin(), finish()   its sequence goes on, or ends, so that nobody waits for it
//     now()               where it is, for on_error of a hook
//     close()             no more events for anybody
//
// An event's Place is what on_error is told.
//
// Threads:  run: one at a time. halt, is_running: any. error: after run.
template <class Self, class E, class Place, class Handler>
class ProcessorLoop {
 public:
  // NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility)
  ProcessorLoop(const ProcessorLoop&) = delete;
  ProcessorLoop& operator=(const ProcessorLoop&) = delete;

  /// Runs in the calling thread until it is halted, everything has been handled, or the handler has failed. One that was
  /// halted before it ran calls on_start and on_stop and nothing else. It may run again afterwards, from where it stopped.
  RunEnd run(const std::stop_token& stop = {}) {
    // Relaxed, all of running_: it is news, and looks for a mistake.
    [[maybe_unused]] const bool was_running = running_.exchange(true, sync::relaxed);
    WHORL_ASSERT(!was_running, "a processor runs in one thread at a time");
    error_ = nullptr;
    end_ = RunEnd::halted;
    self().begin();
    if (call([&] {
          if constexpr (requires { handler_.on_start(); }) handler_.on_start();
        }) != ErrorAction::halt) {
      while (!self().barrier_.is_alerted() && !stop.stop_requested() && self().step(stop)) {
      }
    }
    call([&] {
      if constexpr (requires { handler_.on_stop(); }) handler_.on_stop();
    });
    if (end_ != RunEnd::halted) self().finish();
    self().barrier_.clear_alert();  // now, not at the beginning: an alert that comes before a run is meant for it
    running_.store(false, sync::relaxed);  // relaxed: see above
    return end_;
  }

  /// It ends after the batch that it is at, and so does the next run if there is none now.
  void halt() noexcept { self().barrier_.alert(); }
  bool is_running() const noexcept { return running_.load(sync::relaxed); }  // relaxed: see run
  std::remove_reference_t<Handler>& handler() noexcept { return handler_; }
  /// What the handler has thrown that ended the last run, if anything did.
  std::exception_ptr error() const noexcept { return error_; }

 protected:
  // Not private with Self as friend: between it and Self there may be another base.
  explicit ProcessorLoop(Handler&& handler)  // NOLINT(bugprone-crtp-constructor-accessibility)
      : handler_(std::forward<Handler>(handler)) {}
  ~ProcessorLoop() = default;
  // Before it ends.
  void require_stopped() const noexcept {
    WHORL_ASSERT(!is_running(), "halt a processor, or close its ring, and join its thread before it ends");
  }

  // How a wait for events has ended. False: the run is over.
  template <class TimedOut>
  bool go_on_after(BarrierEnd end, TimedOut&& on_timeout) {
    if (end == BarrierEnd::closed) end_ = RunEnd::closed;
    if (end == BarrierEnd::timed_out) return call(on_timeout) != ErrorAction::halt;
    return end == BarrierEnd::available;
  }

  // Calls one of the handler's functions besides that with events. What to do if it fails; `skip` if it does not.
  template <class Hook>
  ErrorAction call(Hook&& hook) {
    ErrorAction action = ErrorAction::skip;
    attempt<false>(hook, [&] { action = judge(nullptr, self().now()); });
    return action;
  }

  // The handler has thrown, at `event`, if it is there.
  ErrorAction judge(E* event, Place place) noexcept {
    ErrorAction action = ErrorAction::halt;
    if constexpr (requires { handler_.on_error(std::current_exception(), event, place); }) {
      action = handler_.on_error(std::current_exception(), event, place);
    }
    if (action == ErrorAction::halt) {
      error_ = std::current_exception();
      end_ = RunEnd::failed;
      self().close();
    }
    return action;
  }

  Handler handler_;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }

  RunEnd end_ = RunEnd::halted;
  std::exception_ptr error_;
  sync::Atomic<bool> running_{false};
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
