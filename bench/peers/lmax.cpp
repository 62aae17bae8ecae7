#include "lmax.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#if BENCH_HAS_LMAX
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <sstream>
#include <system_error>

#include "../driver/ledger.hpp"
#endif

namespace bench {
namespace {

constexpr const char* kContender = "lmax/java";

struct Topology {
  std::string_view name;
  Producers producers;
  unsigned threads;
};

// Those of peers/lmax/Scenario.java.
constexpr std::array kTopologies{
    Topology{"disruptor_publish1_8B", Producers::kOne, 2},   //
    Topology{"disruptor_publish1_56B", Producers::kOne, 2},  //
    Topology{"seed_batches", Producers::kOne, 2},            //
    Topology{"multicast_1p3c", Producers::kOne, 4},          //
    Topology{"pipeline_3", Producers::kOne, 4},              //
    Topology{"diamond_3", Producers::kOne, 4},               //
    Topology{"fanin_3p1c", Producers::kAny, 4},              //
    Topology{"fanin_3p1c_b10", Producers::kAny, 4},          //
    Topology{"fanin_3p3c", Producers::kAny, 6},              //
    Topology{"sharded_4p_b1", Producers::kAny, 5},           //
    Topology{"sharded_4p_b256", Producers::kAny, 5},         //
    Topology{"sharded_graph_4p", Producers::kAny, 7},
};

const Topology& topology_named(std::string_view name) {
  const auto* const found = std::find_if(kTopologies.begin(), kTopologies.end(),
                                         [&](const Topology& topology) { return topology.name == name; });
  if (found == kTopologies.end()) throw std::invalid_argument("lmax/java has no topology " + std::string(name));
  return *found;
}

#if BENCH_HAS_LMAX

constexpr unsigned kCpus = 2;  // of a stage
constexpr int kWarmUpMs = 5;

// A virtual machine and the socket to its standard input and output.
class Machine {
 public:
  explicit Machine(CpuPair cpus) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair");
    socket_ = ends[0];
    child_ = fork();
    if (child_ == 0) become_java(ends[1], cpus);
    close(ends[1]);
    if (child_ < 0) {
      close(socket_);
      fail("fork");
    }
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    close(socket_);
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  std::string answer_to(const std::string& command) {
    const std::string line = command + '\n';
    if (send(socket_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) fail("send");
    std::string answer;
    while (!answer.ends_with('\n')) answer += receive();
    return answer;
  }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), std::string("lmax/java: ") + what);
  }

  // In the child, which may do little more than make system calls.
  [[noreturn]] static void become_java(int socket, CpuPair cpus) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpus.first), &set);
    CPU_SET(static_cast<unsigned>(cpus.second), &set);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (sched_setaffinity(0, sizeof set, &set) == 0 && dup2(socket, STDIN_FILENO) >= 0 &&
        dup2(socket, STDOUT_FILENO) >= 0) {
      // Nothing is allocated while it measures, so any collector will do, and this one has no threads.
      execl(BENCH_JAVA, BENCH_JAVA, "-XX:+UseSerialGC", "-Xms256m", "-Xmx256m", "-cp", BENCH_LMAX_CLASSPATH, "Main",
            static_cast<char*>(nullptr));
    }
    _exit(127);
  }

  std::string receive() {
    constexpr int kPatienceMs = 120'000;
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    const int ready = poll(&readable, 1, kPatienceMs);
    if (ready == 0) throw std::runtime_error("lmax/java: no answer for two minutes");
    std::array<char, 256> buffer;
    const ssize_t got = ready < 0 ? -1 : recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0) fail("recv");
    if (got == 0) throw std::runtime_error("lmax/java: the virtual machine has ended");
    return {buffer.data(), static_cast<std::size_t>(got)};
  }

  int socket_;
  pid_t child_;
};

// Each topology has a virtual machine of its own, for what its compiler learns of one topology would spoil the next. There
// is one at a time: even an idle one wakes up now and then.
Machine& machine_for(const std::string& topology, CpuPair cpus) {
  static std::unique_ptr<Machine> machine;
  static std::string running;
  if (machine == nullptr || running != topology) {
    machine.reset();
    machine = std::make_unique<Machine>(cpus);
    running = topology;
  }
  return *machine;
}

Outcome sample(const std::string& topology, std::size_t capacity, int window_ms, const Stage& stage) {
  const std::string answer = machine_for(topology, stage.cpus)
                                 .answer_to("run " + topology + ' ' + std::to_string(capacity) + ' ' +
                                            std::to_string(kWarmUpMs) + ' ' + std::to_string(window_ms));
  std::istringstream words(answer);
  std::string verdict;
  Outcome outcome;
  if (words >> verdict >> outcome.accepted >> outcome.delivered >> outcome.figure && verdict == "ok") return outcome;
  throw VerificationError(answer.substr(0, answer.find('\n')));
}

#endif

}  // namespace

void add_lmax(Scenario& scenario, std::string_view name, std::size_t capacity) {
  [[maybe_unused]] const Topology& topology = topology_named(name);
#if BENCH_HAS_LMAX
  const bool one_each = topology.threads <= kCpus;
  const int window_ms = one_each ? 20 : 60;  // for many turns of the scheduler
  scenario.entries.push_back(
      {.contender = kContender,
       .producers = topology.producers,
       .parameters = {{"waits", one_each ? "busy spin" : "yielding"},
                      {"load", one_each ? "parallel" : "oversubscribed"},
                      {"version", BENCH_LMAX_VERSION}},
       .unit = Unit::kItemsPerSecond,
       .capacity = capacity,
       .pinned = true,
       .threads = topology.threads,
       .sample = [topology = std::string(name), capacity,
                  window_ms](const Stage& stage) { return sample(topology, capacity, window_ms, stage); },
       .real_time = false,
       .cost_ms = name == "seed_batches" ? 300.0 : window_ms + 20.0});
#else
  scenario.missing.emplace(kContender);
  static_cast<void>(capacity);
#endif
}

std::optional<std::string> check_lmax([[maybe_unused]] CpuPair cpus) {
#if BENCH_HAS_LMAX
  const std::string answer = Machine(cpus).answer_to("check");
  return answer == "ok\n" ? "" : answer;
#else
  return std::nullopt;
#endif
}

}  // namespace bench
