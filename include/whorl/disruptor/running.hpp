#pragma once
// Running: the nodes of a Disruptor while they run and when they end.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>
#include <whorl/disruptor/node.hpp>
#include <whorl/wait/backoff.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// A node that ends before everything has been handled closes the Disruptor, and dooms whatever comes after it, so that
// nobody waits for it: producers are freed by the close, dependents by a halt. Siblings handle what there is.
//
// Threads:  halt_all, doom, close, error, find: any. stats: any, but not while a node is added or removed. The
//           rest: whoever builds the graph.
template <class Ring>
class Running {
 protected:
  using Traits = GraphRing<Ring>;
  using Progress = typename Traits::Progress;
  using Entrance = typename Traits::Entrance;
  using Node = detail::Node<Ring>;

 public:
  Running(Ring& ring, Entrance& entrance) : ring_(ring), entrance_(entrance) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  // A node ends before those that it follows.
  ~Running() {
    while (!nodes_.empty()) nodes_.pop_back();
  }

  void close() noexcept { entrance_.close(); }
  // `dead` and what comes after it end after the batch that they are at.
  void doom(Node& dead) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    doom_all_from(dead);
  }
  void halt_all() noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    for (const auto& node : nodes_) doom_one(*node);
  }
  // What the first one has failed with.
  std::exception_ptr error() noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_read(this);
    return error_;
  }

  // All threads have ended.
  void join() noexcept {
    for (const auto& node : nodes_) join(*node);
  }
  // Those that nobody comes to run, or to poll any more: nobody waits for them.
  void forsake() noexcept {
    for (const auto& node : nodes_) {
      const bool is_run = node->drive == NodeDrive::thread || node->where() != NodeState::built;
      if (!is_run) doom(*node);
    }
  }
  // No call of run_here is left.
  void wait_outside() noexcept {
    for (Backoff wait; count_inside(0) != 0;) wait.snooze();
  }

  // All of them have handled what is claimed now.
  bool drain(const Until& until) {
    const auto end = Traits::claimed(ring_);
    return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) { return has_passed(*node, end, until); });
  }

  DisruptorStats stats(Position first) {
    const auto claimed = Traits::claimed(ring_);
    DisruptorStats stats = Traits::stats(ring_, entrance_, first, claimed);
    for (const auto& node : nodes_) {
      stats.nodes.push_back(stats_of(*node, claimed));
      stats.parks += stats.nodes.back().waited_for;
    }
    return stats;
  }

 protected:
  // Who comes after one worker of a group comes after all that share its progress.
  void follow(Node& node, Progress& progress, std::vector<Progress*>& upstream) const {
    if (std::count(upstream.begin(), upstream.end(), &progress) != 0) return;
    upstream.push_back(&progress);
    for (const auto& before : nodes_)
      if (&before->processor.sequence() == &progress) node.upstream.push_back(before.get());
  }
  void launch(Node& node) {
    if (node.drive != NodeDrive::thread) return;
    node.now(NodeState::starting);
    node.thread = Thread([this, &node] { run_to_end(node); });
  }
  void wait_for_start(Node& node) {
    if (!node.thread.joinable()) return;
    kPatient.wait(changed_, [&] { return node.where() > NodeState::starting; }, {});
  }
  // Runs it, which is `starting`, in the calling thread, which is not one of ours.
  RunEnd run_here(Node& node) noexcept {
    count_inside(1);
    const RunEnd end = run_to_end(node);
    count_inside(-1);  // the last that this thread does here
    return end;
  }

  void join(Node& node) noexcept {
    node.thread.join();
    if (node.drive != NodeDrive::own_thread || node.where() == NodeState::built) return;
    kPatient.wait(changed_, [&] { return node.where() == NodeState::ended; }, {});
  }

  // Waits until `node` has handled everything below `end`. False: it never will, or time was up.
  bool has_passed(Node& node, const typename Traits::End& end, const Until& until) {
    Progress& progress = node.processor.sequence();
    const auto passed = [&] { return Traits::has_passed(ring_, progress, node.part, end); };
    const auto is_over = [&] { return passed() || is_lost(node); };
    // What is dropped wakes nobody here: look now and then.
    const BlockingWait wait{.longest_sleep = std::chrono::milliseconds(10)};
    wait.wait(Traits::waiting(ring_, progress), is_over, until);
    return passed();
  }
  // The one whose progress `node` has as well, if they are no workers of a group. A gate has it once, and would let go of it
  // when one of the two is removed.
  const Node* sharing_with(const Node& node) const noexcept {
    if (Traits::is_worker(node.part)) return nullptr;
    const auto is_shared = [&](const auto& one) { return &one->processor.sequence() == &node.processor.sequence(); };
    const auto it = std::find_if(nodes_.begin(), nodes_.end(), is_shared);
    return it == nodes_.end() ? nullptr : it->get();
  }
  // It will come no farther than it is.
  static bool is_lost(Node& node) noexcept {
    return node.where() == NodeState::ended || node.is_doomed.load(sync::relaxed);  // relaxed: news
  }

  // All three under the lock.
  static bool is_doomed(const Node* node) noexcept {
    return node->is_doomed.load(sync::relaxed);  // relaxed: written under the same lock
  }
  static void doom_one(Node& node) noexcept {
    node.is_doomed.store(true, sync::relaxed);  // relaxed: the halt, or the lock, carries it
    node.processor.halt();
  }
  void doom_all_from(Node& dead) noexcept {
    doom_one(dead);
    for (const auto& node : nodes_) {  // in an order in which nothing comes before what it comes after
      if (std::any_of(node->upstream.begin(), node->upstream.end(), is_doomed)) doom_one(*node);
    }
  }

  void keep(std::exception_ptr error) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    if (error_ == nullptr) error_ = std::move(error);
  }

  // Threads take their time to begin and to end: sleep at once.
  static constexpr BlockingWait kPatient{.spins = 0, .yields = 0};

  Ring& ring_;
  Entrance& entrance_;
  SmallLock lock_;                            // for the next two
  std::vector<std::unique_ptr<Node>> nodes_;  // who builds changes it; others read
  std::exception_ptr error_;
  EventCount changed_{EventCount::Payer::both};

 private:
  static NodeStats stats_of(const Node& node, const typename Traits::End& claimed) {
    NodeStats stats{.number = node.number, .name = node.options.name};
    Traits::tell(stats, node.processor.sequence(), node.part, claimed);
    stats.events = node.events.load(sync::relaxed);                // relaxed: counts
    stats.batches = node.batches.load(sync::relaxed);              // relaxed: as above
    stats.largest_batch = node.largest_batch.load(sync::relaxed);  // relaxed: as above
    stats.waited_for = Traits::sleeps(node.processor.sequence(), node.part) - node.sleeps_before;
    return stats;
  }

  RunEnd run_to_end(Node& node) noexcept {
    RunEnd end = RunEnd::failed;
    std::exception_ptr error;
    {
      const InsideNode inside(node.inside);
      attempt<false>(
          [&] {
            if (node.drive == NodeDrive::thread) {
              become({.name = node.options.name, .cpu = node.options.cpu, .scheduling = node.options.scheduling});
            }
            if (!node.tells_start) node.has_started();
            end = node.processor.run();
          },
          [&] {
            error = std::current_exception();
            if (node.where() == NodeState::starting) node.start_error = error;
          });
    }
    if (node.start_error != nullptr) {
      end = RunEnd::failed;
      error = node.start_error;
    } else if (end == RunEnd::failed && error == nullptr) {
      error = node.processor.error();
    }
    over(node, end, std::move(error));
    return end;
  }

  void over(Node& node, RunEnd end, std::exception_ptr error) noexcept {
    EventCount& waiting = Traits::waiting(ring_, node.processor.sequence());
    // Whoever has added it takes it out and is told why. One of own_thread has been added before.
    const bool never_was = node.is_late && node.drive == NodeDrive::thread && node.start_error != nullptr;
    if (error != nullptr && !never_was) keep(std::move(error));
    // Who leaves may be halted, but not fail: then its processor has closed the ring, and the rest must hear of it.
    // Relaxed: see remove.
    const bool is_told_to_leave = end == RunEnd::halted && node.is_leaving.load(sync::relaxed);
    if (end != RunEnd::closed && !never_was && !is_told_to_leave) {
      close();
      doom(node);
    }
    node.now(NodeState::ended);  // who has waited for this may destroy the node
    waiting.notify();
  }

  // So many more, or fewer, are in run_here; returns how many.
  int count_inside(int more) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    return inside_ += more;
  }

  int inside_ = 0;  // under the lock
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
