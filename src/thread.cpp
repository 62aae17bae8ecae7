#include <pthread.h>
#include <sched.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/thread.hpp>
#include <whorl/sync/topology.hpp>

namespace whorl {
namespace {

using Work = std::function<void()>;

extern "C" void* whorl_thread_main(void* work) {
  const std::unique_ptr<Work> mine(static_cast<Work*>(work));
  (*mine)();
  return nullptr;
}

int number_of(Scheduling::Policy policy) {
  switch (policy) {
    case Scheduling::Policy::batch:
      return SCHED_BATCH;
    case Scheduling::Policy::idle:
      return SCHED_IDLE;
    case Scheduling::Policy::fifo:
      return SCHED_FIFO;
    case Scheduling::Policy::round_robin:
      return SCHED_RR;
    default:
      return SCHED_OTHER;
  }
}

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

void become(const ThreadOptions& options) {
  constexpr std::size_t kLongestName = 15;  // the kernel's
  if (!options.name.empty()) {
    check(pthread_setname_np(pthread_self(), options.name.substr(0, kLongestName).c_str()), "whorl: a thread's name");
  }
  if (options.cpu) pin_this_thread(*options.cpu);
  if (options.scheduling) {
    sched_param parameters{};
    parameters.sched_priority = options.scheduling->priority;
    check(pthread_setschedparam(pthread_self(), number_of(options.scheduling->policy), &parameters),
          "whorl: a thread's scheduling policy and priority");
  }
}

Thread::Thread(std::function<void()> work) {
  auto mine = std::make_unique<Work>(std::move(work));
  pthread_t thread{};
  check(pthread_create(&thread, nullptr, whorl_thread_main, mine.get()), "whorl: a thread");
  [[maybe_unused]] const Work* const theirs = mine.release();  // the thread's from now on
  thread_ = thread;
}

Thread::Thread(Thread&& other) noexcept : thread_(std::exchange(other.thread_, std::nullopt)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    join();
    thread_ = std::exchange(other.thread_, std::nullopt);
  }
  return *this;
}

void Thread::join() noexcept {
  if (!thread_) return;
  // Whoever goes on would destroy what the thread still uses: stop, whether checks are on or not.
  if (pthread_join(*thread_, nullptr) != 0) {
    detail::misuse(__FILE__, __LINE__, "pthread_join",
                   "a thread does not wait for its own end: let another one join it");
  }
  thread_.reset();
}

}  // namespace whorl
