#include "instructions.hpp"

#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace bench {
namespace {

// The processor's counter for this thread.
class Counter {
 public:
  Counter() noexcept {
    perf_event_attr what{};
    what.type = PERF_TYPE_HARDWARE;
    what.size = sizeof what;
    what.config = PERF_COUNT_HW_INSTRUCTIONS;
    what.exclude_kernel = 1;
    what.exclude_hv = 1;
    file_ = static_cast<int>(syscall(SYS_perf_event_open, &what, 0, -1, -1, 0));
  }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  ~Counter() {
    if (is_there()) close(file_);
  }

  bool is_there() const noexcept { return file_ >= 0; }
  std::uint64_t count() const {
    std::uint64_t count = 0;
    if (read(file_, &count, sizeof count) != sizeof count) throw std::runtime_error("cannot read perf_event");
    return count;
  }

 private:
  int file_;
};

// What it costs to begin and to end is the same for any number of times: it goes away in the difference.
double each_of(std::uint64_t for_some, std::uint64_t for_twice_as_many, std::uint64_t times) {
  return (static_cast<double>(for_twice_as_many) - static_cast<double>(for_some)) / static_cast<double>(times);
}

double by_counter(const Counter& counter, const std::function<void(std::uint64_t)>& work, std::uint64_t times) {
  const std::uint64_t begin = counter.count();
  work(times);
  const std::uint64_t middle = counter.count();
  work(2 * times);
  return each_of(middle - begin, counter.count() - middle, times);
}

// In the copy: work between three stops.
[[noreturn]] void be_stepped(const std::function<void()>& prepare, const std::function<void(std::uint64_t)>& work,
                             std::uint64_t times) noexcept {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  try {
    prepare();
    work(times);  // so that nothing happens for the first time below
    raise(SIGSTOP);
    work(times);
    raise(SIGSTOP);
    work(2 * times);
    raise(SIGSTOP);
  } catch (...) {
    _exit(1);
  }
  _exit(0);
}

// The copy that is being stepped; it does not outlive this.
class Stepped {
 public:
  explicit Stepped(pid_t pid) : pid_(pid) {
    if (pid_ < 0) throw std::runtime_error("cannot fork to count instructions");
  }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;
  ~Stepped() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  void run_to_stop() {
    while (wait_for_signal() != SIGSTOP) ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
  }
  std::uint64_t steps_to_stop() {
    std::uint64_t steps = 0;
    do {
      if (ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0) throw std::runtime_error("cannot step by ptrace");
      ++steps;
    } while (wait_for_signal() != SIGSTOP);
    return steps;
  }

 private:
  int wait_for_signal() {
    int status = 0;
    if (waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status)) {
      throw std::runtime_error("the process whose instructions were counted has ended early");
    }
    return WSTOPSIG(status);
  }

  const pid_t pid_;
};

// While it lives the calling thread stays on the CPU where it is, and so does what it forks: then a step is a switch
// between two processes, and not a call across CPUs.
class StayHere {
 public:
  StayHere() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_setaffinity(0, sizeof here, &here);
  }
  StayHere(const StayHere&) = delete;
  StayHere& operator=(const StayHere&) = delete;
  ~StayHere() { sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_{};
};

double by_steps(const std::function<void()>& prepare, const std::function<void(std::uint64_t)>& work,
                std::uint64_t times) {
  const StayHere stay;
  const pid_t pid = fork();
  if (pid == 0) be_stepped(prepare, work, times);
  Stepped copy(pid);
  copy.run_to_stop();
  const std::uint64_t some = copy.steps_to_stop();
  return each_of(some, copy.steps_to_stop(), times);
}

}  // namespace

std::string how_instructions_are_counted() { return Counter().is_there() ? "perf_event_open" : "single steps"; }

double instructions_each(const std::function<void()>& prepare, const std::function<void(std::uint64_t)>& work,
                         std::uint64_t times) {
  const Counter counter;
  if (!counter.is_there()) return by_steps(prepare, work, times);
  prepare();
  work(times);
  return by_counter(counter, work, times);
}

}  // namespace bench
