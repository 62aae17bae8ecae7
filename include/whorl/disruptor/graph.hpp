#pragma once
// Graph: which node comes after which, and who may come and go.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <whorl/disruptor/running.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// The nodes of a Disruptor. Edges lead from a node to later ones, so that there is no cycle. In the gate are those that
// nothing comes after, or all, where nodes may come and go: a node joins at the claim position, and cannot do so later
// than it begins.
//
// Threads:  halt, error, is_started: any. run: the node's. The rest: one at a time.
template <class Ring>
class Graph : public Running<Ring> {
  using Base = Running<Ring>;
  using Base::entrance_;
  using Base::nodes_;
  using Base::ring_;
  using typename Base::Entrance, typename Base::Node, typename Base::Progress, typename Base::Traits;

 public:
  Graph(Ring& ring, Entrance& entrance, const DisruptorOptions& options) : Base(ring, entrance), options_(options) {}

  // make(node, upstream) gives the processor. If the Disruptor has been started: the node runs when this returns.
  template <class Make>
  NodeId add(HandlerOptions options, NodeDrive drive, Make&& make) {
    check_addition(options);
    auto node = std::make_unique<Node>(next_number_, std::move(options), drive, this->changed_);
    std::vector<Progress*> upstream;
    for (const NodeId id : node->options.after) this->follow(*node, at(id).processor.sequence(), upstream);
    node->processor = AnyProcessor<Progress>(make(*node, std::span<Progress* const>(upstream)));
    if (const Node* const other = this->sharing_with(*node)) {
      refuse(who(*node) + ": its sequence() is that of node " + std::to_string(other->number) + ": each has its own. " +
             "Where there are shards, workers that divide them, and share one, are made with handle_divided()");
    }
    node->sleeps_before = Traits::sleeps(node->processor.sequence(), node->part);
    node->is_late = is_started_;
    make_room_for(*node);
    if (is_started_ && !ring_.add_gating(node->processor.sequence())) {
      entrance_.remove_thread(node->inside);
      refuse(too_many());
    }
    Node& added = put_in(std::move(node));
    if (is_started_) start_late(added);
    return {this, added.number};
  }

  // Returns when every thread has started. Throws what the first one has failed with; none is running then.
  void start() {
    if (is_started_) refuse(who() + ": it has been started: start() it once, and make another one for another run");
    if (nodes_.empty() && options_.without_consumers == EmptyGate::full) {
      refuse(who() +
             ": nobody would handle an event: handle() them before start(), or set without_consumers = "
             "EmptyGate::open if they may be lost");
    }
    join_gate();
    has_started();
    attempt<false>(
        [&] {
          for (const auto& node : nodes_) this->launch(*node);
        },
        [&] { this->keep(std::current_exception()); });
    for (const auto& node : nodes_) this->wait_for_start(*node);
    if (this->error() == nullptr) return;
    this->close();
    this->halt_all();
    this->join();
    std::rethrow_exception(this->error());
  }

  RunEnd run(NodeId id) { return this->run_here(take_to_run(id)); }

  void halt(NodeId id) {
    {
      const SmallLockGuard guard(this->lock_);  // nobody removes the node meanwhile
      sync::plain_write(this);
      this->doom_all_from(find(id));
    }
    this->close();
  }

  // False: time was up before it had handled all that was claimed, and it stays.
  bool remove(NodeId id, const Until& until) {
    Node& node = at(id);
    if (!options_.dynamic) refuse(who(node) + ": nodes can be removed where DisruptorOptions::dynamic says so");
    if (Traits::is_worker(node.part)) refuse(who(node) + ": a worker stays as long as its group, which stays");
    if (node.is_upstream) refuse(who(node) + ": remove what comes after it first");
    // One that nobody runs: nobody will, and it comes no farther.
    if (node.drive == NodeDrive::own_thread && node.try_begin()) node.now(NodeState::ended);
    const bool is_driven = is_started_ && node.drive != NodeDrive::poller;
    if (is_driven && !this->has_passed(node, Traits::claimed(ring_), until) && !this->is_lost(node)) return false;
    // Relaxed: looks for a mistake.
    [[maybe_unused]] const bool is_polled =
        node.drive == NodeDrive::poller && node.inside.load(sync::relaxed) != 0;  // relaxed: as above
    WHORL_ASSERT(!is_polled, "remove a poller while nobody polls it");
    // Relaxed: the halt that comes after it carries it.
    node.is_leaving.store(true, sync::relaxed);
    node.processor.halt();
    this->join(node);
    take_out(node);
    return true;
  }

  // What has just been added, before start(): the last first.
  void withdraw(const NodeGroup& nodes) {
    for (std::size_t k = nodes.size(); k != 0; --k) take_out(at(nodes.begin()[static_cast<std::ptrdiff_t>(k - 1)]));
  }

  Node& at(NodeId id) {
    const SmallLockGuard guard(this->lock_);
    sync::plain_read(this);
    return find(id);
  }
  bool is_started() noexcept {
    const SmallLockGuard guard(this->lock_);
    sync::plain_read(this);
    return is_started_;
  }
  bool has_begun(NodeId id) {
    const SmallLockGuard guard(this->lock_);  // nobody removes the node meanwhile
    sync::plain_read(this);
    return find(id).where() != NodeState::built;
  }
  std::string who() const { return options_.name.empty() ? options_.kind : options_.kind + " '" + options_.name + "'"; }

 private:
  // Under the lock, without which it is there only as long as nobody removes it.
  Node& find(NodeId id) const {
    if (id.owner() != this)
      refuse(who() + ": node " + std::to_string(id.number()) + " is another " + options_.kind + "'s");
    const auto it =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node->number == id.number(); });
    if (it == nodes_.end()) refuse(who() + ": node " + std::to_string(id.number()) + " has been removed");
    return **it;
  }
  // From now on nobody else runs it, and nobody removes it before it has ended.
  Node& take_to_run(NodeId id) {
    const SmallLockGuard guard(this->lock_);
    sync::plain_write(this);
    Node& node = find(id);
    if (node.drive != NodeDrive::own_thread)
      refuse(who(node) + ": it is not yours to run: make it with own_thread = true");
    if (!is_started_) refuse(who(node) + ": start() it before its nodes are run");
    if (!node.try_begin()) refuse(who(node) + ": it has been run, and a node runs once");
    return node;
  }
  void has_started() noexcept {
    const SmallLockGuard guard(this->lock_);
    sync::plain_write(this);
    is_started_ = true;
  }

  std::string who(const Node& node) const {
    const std::string name = node.options.name.empty() ? "" : " '" + node.options.name + "'";
    return who() + ": node " + std::to_string(node.number) + name;
  }
  std::string too_many() const {
    return who() + ": more than " + std::to_string(GroupGate::kMostMembers) + " nodes that producers wait for: " +
           (options_.dynamic ? "make it without `dynamic`, and only those count that nothing comes after"
                             : "let one come after some of them");
  }

  void check_addition(const HandlerOptions& options) {
    if (is_started_ && !options_.dynamic) {
      refuse(who() + ": it has been started: handle() before start(), or set DisruptorOptions::dynamic");
    }
    if (is_started_ && ring_.is_closed()) refuse(who() + ": it is closed: nothing would come any more");
    if (options.own_thread && (options.cpu || options.scheduling)) {
      refuse(who() + ": own_thread leaves CPU and scheduling to you: see become()");
    }
  }

  void join_gate() {
    const auto is_waited_for = [&](const auto& node) {
      return Traits::is_first(node->part) && (options_.dynamic || !node->is_upstream);
    };
    const auto members = std::count_if(nodes_.begin(), nodes_.end(), is_waited_for);
    if (static_cast<std::size_t>(members) > GroupGate::kMostMembers) refuse(too_many());
    for (const auto& node : nodes_) {
      if (is_waited_for(node) && !ring_.add_gating(node->processor.sequence())) refuse(too_many());
    }
  }

  void start_late(Node& node) {
    attempt<false>(
        [&] {
          this->launch(node);
          this->wait_for_start(node);
        },
        [&] { node.start_error = std::current_exception(); });
    if (node.where() == NodeState::running || node.start_error == nullptr) return;
    this->join(node);
    const std::exception_ptr error = node.start_error;
    take_out(node);
    std::rethrow_exception(error);
  }

  // All that may fail before anybody hears of the node.
  void make_room_for(const Node& node) {
    {
      const SmallLockGuard guard(this->lock_);
      sync::plain_write(this);
      nodes_.reserve(nodes_.size() + 1);
    }
    entrance_.add_thread(node.inside);
  }
  Node& put_in(std::unique_ptr<Node> node) noexcept {
    Node& added = *node;
    for (Node* before : added.upstream) before->is_upstream = true;
    ++next_number_;
    const SmallLockGuard guard(this->lock_);
    sync::plain_write(this);
    nodes_.push_back(std::move(node));
    if (std::any_of(added.upstream.begin(), added.upstream.end(), Base::is_doomed)) Base::doom_one(added);
    return added;
  }
  void take_out(Node& node) {
    ring_.remove_gating(node.processor.sequence());
    entrance_.remove_thread(node.inside);
    std::unique_ptr<Node> taken;  // ends after the lock is free
    {
      const SmallLockGuard guard(this->lock_);
      sync::plain_write(this);
      const auto it = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& one) { return one.get() == &node; });
      taken = std::move(*it);
      nodes_.erase(it);
    }
    for (Node* before : taken->upstream) {
      before->is_upstream = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& other) {
        return std::count(other->upstream.begin(), other->upstream.end(), before) != 0;
      });
    }
  }

  const DisruptorOptions& options_;
  bool is_started_ = false;  // who starts it, under the lock
  std::size_t next_number_ = 0;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
