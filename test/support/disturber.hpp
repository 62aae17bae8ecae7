#pragma once
// Disturber: signals that interrupt threads all the time.

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace whorl_test {

/// Sends SIGUSR1 to every thread that has a seat, every 100 us, as long as it lives. One at a time.
class Disturber {
 public:
  explicit Disturber(std::size_t seats) : seats_(seats), handled_before_(all_handled) {
    struct sigaction action = {};
    action.sa_handler = [](int) { all_handled.fetch_add(1, std::memory_order_relaxed); };
    sigaction(SIGUSR1, &action, &former_);  // without SA_RESTART: what the signal interrupts returns
    thread_ = std::jthread([this](std::stop_token stop) { disturb(stop); });
  }
  ~Disturber() {
    thread_.request_stop();
    thread_.join();
    sigaction(SIGUSR1, &former_, nullptr);
  }

  /// How many signals have arrived.
  std::uint64_t handled() const { return all_handled - handled_before_; }

  /// The calling thread, for as long as this lives.
  class Present {
   public:
    Present(Disturber& disturber, std::size_t seat) : disturber_(disturber), seat_(seat) {
      set({pthread_self(), true});
    }
    ~Present() { set({}); }
    Present(const Present&) = delete;
    Present& operator=(const Present&) = delete;

   private:
    void set(std::pair<pthread_t, bool> value) {
      const std::lock_guard lock(disturber_.mutex_);
      disturber_.seats_[seat_] = value;
    }
    Disturber& disturber_;
    std::size_t seat_;
  };

 private:
  static inline std::atomic<std::uint64_t> all_handled{0};

  void disturb(std::stop_token stop) {
    while (!stop.stop_requested()) {
      {
        const std::lock_guard lock(mutex_);
        for (const auto& [thread, taken] : seats_) {
          if (taken) pthread_kill(thread, SIGUSR1);
        }
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  struct sigaction former_ = {};
  std::mutex mutex_;
  std::vector<std::pair<pthread_t, bool>> seats_;
  const std::uint64_t handled_before_;
  std::jthread thread_;
};

}  // namespace whorl_test
