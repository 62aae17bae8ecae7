#pragma once
// A node of a Disruptor's graph: a consumer, its place in the graph, its thread.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor_options.hpp>
#include <whorl/disruptor/graph_ring.hpp>
#include <whorl/wait/small_lock.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What can be a node besides a handler: a consumer with a loop of its own.
///
/// run()       handles events in the calling thread until halt() is called or the ring has ended; returns a RunEnd, or
///             nothing, which means: until the end. What it throws, or an error() that it has, ends the Disruptor
/// halt()      from any thread: run() ends soon, and so does the next one if there is none now. It is called under a lock of
///             the Disruptor: it calls nothing of that, and waits for nothing
/// sequence()  how far it has come; one that the ring has lent, of shards a ShardedSequence
template <class P, class Progress = Sequence>
concept EventProcessor = requires(P& processor) {
  processor.run();
  { processor.halt() } noexcept;
  { processor.sequence() } -> std::same_as<Progress&>;
};

namespace detail {

// A processor of any type: one indirect call a run.
template <class Progress>
class AnyProcessor {
 public:
  AnyProcessor() = default;
  template <class P>
  explicit AnyProcessor(std::unique_ptr<P> processor) noexcept
      : object_(processor.release()), calls_(&kCalls<P>), sequence_(&static_cast<P*>(object_)->sequence()) {}
  AnyProcessor(AnyProcessor&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), calls_(other.calls_), sequence_(other.sequence_) {}
  AnyProcessor& operator=(AnyProcessor&& other) noexcept {
    std::swap(object_, other.object_);
    calls_ = other.calls_;
    sequence_ = other.sequence_;
    return *this;
  }
  ~AnyProcessor() {
    if (object_ != nullptr) calls_->destroy(object_);
  }

  RunEnd run() { return calls_->run(object_); }
  void halt() noexcept { calls_->halt(object_); }
  std::exception_ptr error() { return calls_->error(object_); }
  Progress& sequence() const noexcept { return *sequence_; }

 private:
  struct Calls {
    RunEnd (*run)(void*);
    void (*halt)(void*) noexcept;
    std::exception_ptr (*error)(void*);
    void (*destroy)(void*) noexcept;
  };

  template <class P>
  static RunEnd run_one(void* object) {
    [[maybe_unused]] P& processor = *static_cast<P*>(object);
    if constexpr (!EventProcessor<P, Progress>) {
      return RunEnd::halted;  // a poller: nobody runs it
    } else if constexpr (std::is_void_v<decltype(processor.run())>) {
      processor.run();
      return RunEnd::closed;
    } else {
      return processor.run();
    }
  }
  template <class P>
  static void halt_one([[maybe_unused]] void* object) noexcept {
    if constexpr (EventProcessor<P, Progress>) static_cast<P*>(object)->halt();
  }
  template <class P>
  static std::exception_ptr error_of([[maybe_unused]] void* object) {
    if constexpr (requires(P& processor) { processor.error(); }) return static_cast<P*>(object)->error();
    return nullptr;
  }
  template <class P>
  static void destroy_one(void* object) noexcept {
    delete static_cast<P*>(object);
  }
  template <class P>
  static constexpr Calls kCalls{run_one<P>, halt_one<P>, error_of<P>, destroy_one<P>};

  void* object_ = nullptr;
  const Calls* calls_ = nullptr;
  Progress* sequence_ = nullptr;
};

enum class NodeState : std::uint8_t {
  built,     // nobody has run it
  starting,  // its thread is to begin, or is in on_start
  running,
  ended,  // it will not come any farther
};

// What drives it.
enum class NodeDrive : std::uint8_t { thread, own_thread, poller };

template <class Ring>
struct Node {
  Node(std::size_t number, HandlerOptions options, NodeDrive drive, EventCount& changed)
      : number(number), options(std::move(options)), drive(drive), changed(changed) {}

  // Who sees a state sees what the node did before, its error and its last counts included.
  NodeState where() noexcept {
    const SmallLockGuard guard(lock);
    sync::plain_read(&state);
    return state;
  }
  void now(NodeState next) noexcept {
    EventCount& news = changed;
    {
      const SmallLockGuard guard(lock);
      sync::plain_write(&state);
      state = next;
    }
    news.notify();  // who has waited for the end may have destroyed the node by now
  }

  // It is the caller's to start. False: it was somebody's before.
  bool try_begin() noexcept {
    const SmallLockGuard guard(lock);
    sync::plain_write(&state);
    return std::exchange(state, state == NodeState::built ? NodeState::starting : state) == NodeState::built;
  }

  // In its thread: on_start has run, or has failed.
  void has_started() noexcept {
    if (where() == NodeState::starting) now(NodeState::running);
  }
  void has_not_started(std::exception_ptr why) noexcept {
    start_error = std::move(why);
    processor.halt();
  }

  const std::size_t number;
  const HandlerOptions options;
  const NodeDrive drive;
  EventCount& changed;                                        // of all nodes
  [[no_unique_address]] typename GraphRing<Ring>::Part part;  // nobody, after construction
  AnyProcessor<typename GraphRing<Ring>::Progress> processor;
  std::uint64_t sleeps_before = 0;         // on its sequence, before it was lent to this node
  std::vector<Node*> upstream;             // nobody, after construction
  bool is_upstream = false;                // who builds the graph: something comes after it
  bool is_late = false;                    // as above: it was added while others ran
  bool tells_start = false;                // as above: it says itself that it has started
  Thread thread;                           // as above
  std::exception_ptr start_error;          // its thread, until it has ended
  SmallLock lock;                          // for the next one
  NodeState state = NodeState::built;      // whoever starts it, then its thread
  sync::Atomic<sync::ThreadId> inside{0};  // the thread that is in it
  sync::Atomic<bool> is_doomed{false};     // under the graph's lock: it, or one upstream, has ended too early
  sync::Atomic<bool> is_leaving{false};    // who removes it: its end is no disaster
  alignas(kCacheLine) sync::Atomic<std::uint64_t> events{0};  // its thread: these three
  sync::Atomic<std::uint64_t> batches{0};
  sync::Atomic<std::uint64_t> largest_batch{0};
};

// The calling thread is in a node.
class InsideNode {
 public:
  using Word = sync::Atomic<sync::ThreadId>;

  explicit InsideNode(Word& inside) noexcept : inside_(inside) {
    inside_.store(sync::this_thread(), sync::relaxed);  // relaxed: only this thread looks for itself
  }
  ~InsideNode() { inside_.store(0, sync::relaxed); }  // relaxed: as above
  InsideNode(const InsideNode&) = delete;
  InsideNode& operator=(const InsideNode&) = delete;

 private:
  Word& inside_;
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
