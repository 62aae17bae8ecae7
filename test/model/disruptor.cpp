// Models of a Disruptor's life: its nodes run in threads of the explorer (own_thread), start, end, and are waited for.

#include <functional>
#include <string>
#include <utility>
#include <whorl/disruptor/disruptor.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

// The compiled part of whorl, as far as a Disruptor without threads of its own needs it.
namespace whorl {

void become(const ThreadOptions&) { model::require(false, "a node of these models has no thread of its own"); }
Thread::Thread(std::function<void()>) { model::require(false, "a node of these models has no thread of its own"); }
Thread::Thread(Thread&&) noexcept {}
Thread& Thread::operator=(Thread&&) noexcept { return *this; }
void Thread::join() noexcept {}

}  // namespace whorl

namespace {

using whorl::PublishResult;
using whorl::RunEnd;
using whorl_test::SleepAtOnce;

struct Event {
  model::Plain<int> value;
};

template <class Kind>
using Flow = whorl::Disruptor<Event, Kind, SleepAtOnce, whorl::Inline>;

/// What ends the life of a node.
enum class Ends { closed, halted, fails };

/// A node runs; once it has begun another thread publishes, ends it, or lets it end by itself, and waits until it has ended:
/// then it sees all that the node has done, and what it has thrown.
template <class D>
class Joined : public model::Scenario {
 public:
  explicit Joined(Ends how) : how_(how) { d_.start(); }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) return check(d_.run(node_));
    while (!has_begun_.load(model::Order::relaxed)) model::yield();
    auto producer = producer_of();
    const auto fill = [](Event& e) { e.value.set(7); };
    model::require(producer.try_publish(fill) == PublishResult::ok, "there is room");
    if (how_ == Ends::closed) d_.close();
    if (how_ == Ends::halted) d_.halt();
    bool has_thrown = false;
    try {
      d_.join();
    } catch (int) {
      has_thrown = true;
    }
    model::require(has_thrown == (how_ == Ends::fails), "an error is told, and nothing else");
    if (how_ != Ends::halted) model::require(handled_.get() == 1, "what was accepted was not handled");
  }

 private:
  struct Handler {
    Joined& model;
    void on_start() { model.has_begun_.store(true, model::Order::relaxed); }
    void operator()(Event& event) {
      model::require(event.value.get() == 7, "another event");
      model.handled_.set(1);
      if (model.how_ == Ends::fails) throw 7;
    }
  };

  void check(RunEnd end) const {
    const bool may_be_closed = how_ != Ends::fails;  // who halts it closes it first
    const RunEnd expected = how_ == Ends::halted ? RunEnd::halted : RunEnd::failed;
    model::require(end == expected || (may_be_closed && end == RunEnd::closed), "it ends otherwise");
  }
  typename D::Producer producer_of() {
    if constexpr (D::kSharded && D::Ring::kShared) {
      return d_.producer(1);
    } else if constexpr (D::Ring::kShared) {
      return d_.producer();
    } else {
      return std::move(d_.producer().value());
    }
  }

  // A slot, of each of two shards if it has shards: of these a producer has one, and nobody the other.
  static whorl::DisruptorOptions options() {
    if constexpr (D::kSharded) return {.capacity = 2, .shards = 2};
    return {.capacity = 1};
  }

  const Ends how_;
  model::Atomic<bool> has_begun_{false, "has begun"};
  model::Plain<int> handled_;
  D d_{options()};
  const whorl::NodeId node_ = d_.handle(Handler{*this}, {.own_thread = true});
};

template <class D>
void explore(model::Suite& suite, const std::string& kind) {
  suite.check(kind + ": closed, and joined", model::scenario<Joined<D>>(Ends::closed));
  suite.check(kind + ": halted, and joined", model::scenario<Joined<D>>(Ends::halted));
  suite.check(kind + ": a node fails, and is joined", model::scenario<Joined<D>>(Ends::fails));
}

// Too long to be exhausted with two preemptions: with one, and by lot.
template <class D>
void explore_shards(model::Suite& suite, const std::string& kind) {
  for (const auto& [name, how] :
       {std::pair{": closed, and joined", Ends::closed}, std::pair{": halted, and joined", Ends::halted},
        std::pair{": a node fails, and is joined", Ends::fails}}) {
    suite.check(kind + name, model::scenario<Joined<D>>(how), {.preemptions = 1});
    suite.sample(kind + name, model::scenario<Joined<D>>(how));
  }
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  explore<Flow<whorl::Single>>(suite, "single");
  explore<Flow<whorl::Multi>>(suite, "multi");
  explore_shards<Flow<whorl::Sharded<whorl::Exclusive>>>(suite, "exclusive shards");
  explore_shards<Flow<whorl::Sharded<whorl::Shared>>>(suite, "shared shards");
  return suite.finish();
}
