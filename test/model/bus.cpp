// Models of an event bus. It adds no hand-off to the Disruptor's; what is its own is that publishers build events where the
// last ones lie, and destroy these, and that who joins or leaves sees what he has been promised.

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <whorl/bus/event_bus.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

// The compiled part of whorl, as far as a bus without threads of its own needs it.
namespace whorl {

void become(const ThreadOptions&) { model::require(false, "a subscriber of these models has no thread of its own"); }
Thread::Thread(std::function<void()>) {
  model::require(false, "a subscriber of these models has no thread of its own");
}
Thread::Thread(Thread&&) noexcept {}
Thread& Thread::operator=(Thread&&) noexcept { return *this; }
void Thread::join() noexcept {}

}  // namespace whorl

namespace {

using whorl::PublishResult;
using whorl_test::SleepAtOnce;

/// Built and destroyed where it lies: each is a write to that place, and a look at it is a read.
template <char kTopic>
class Event {
 public:
  explicit Event(int number) : number_(number) {
    whorl::sync::plain_write(this);
    ++live;
  }
  Event(const Event& other) : Event(other.number()) {}
  Event& operator=(const Event&) = delete;
  ~Event() {
    whorl::sync::plain_write(this);
    model::require(number_ != kDead, "an event is destroyed twice");
    number_ = kDead;
    --live;
  }
  int number() const {
    whorl::sync::plain_read(this);
    model::require(number_ != kDead, "an event is seen that is no more");
    return number_;
  }

  static inline int live = 0;

 private:
  static constexpr int kDead = -1;
  int number_;
};
using Order = Event<'o'>;
using Fill = Event<'f'>;

template <class Kind>
using Bus = whorl::EventBus<whorl::Topics<Order, Fill>, Kind, SleepAtOnce>;

template <class B>
typename B::Publisher publisher_of(B& bus) {
  if constexpr (std::is_same_v<decltype(bus.publisher()), typename B::Publisher>) {
    return bus.publisher();
  } else {
    return std::move(bus.publisher().value());
  }
}
template <class E, class P>
void publish(P& publisher, int number) {
  model::require(publisher.template emplace<E>(number) == PublishResult::ok, "nobody has closed it");
}

/// False: nobody has run it so far.
template <class B>
bool leaves(B& bus, whorl::NodeId node) {
  try {
    model::require(bus.leave(node), "it has no deadline");
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

/// What a subscriber sees: numbers that begin somewhere and have no gap.
struct Sees {
  int first = 0;  // of what it has seen; 0: nothing
  int last = 0;

  template <class E>
  void operator()(const E& event) {
    const int number = event.number();
    model::require(last == 0 || number == last + 1, "an event is missing, or comes again");
    if (first == 0) first = number;
    last = number;
  }
};

/// One publishes events of either topic into a bus of one place, and each one ends the last; who subscribes sees them whole.
template <class B>
class InPlace : public model::Scenario {
 public:
  InPlace() { bus_.start(); }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) return static_cast<void>(bus_.run(node_));
    auto publisher = publisher_of(bus_);
    publish<Order>(publisher, 1);
    publish<Fill>(publisher, 2);
    bus_.close();
  }
  void finish() override { model::require(sees_.last == 2, "what was published was not seen"); }

 private:
  Sees sees_;
  B bus_{{.capacity = 1}};
  const whorl::NodeId node_ = bus_.subscribe(std::ref(sees_), {.own_thread = true});
};

/// A guest comes while one publishes, and goes: it sees what is published meanwhile, of its topic, and nothing else. A host
/// sees everything. Each has a thread.
template <class B>
class Guest : public model::Scenario {
 public:
  Guest() { bus_.start(); }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) return static_cast<void>(bus_.run(host_node_));
    if (thread == 1) {
      while (!is_here_.load(model::Order::acquire)) model::yield();
      return static_cast<void>(bus_.run(*node_));
    }
    auto publisher = publisher_of(bus_);
    publish<Fill>(publisher, 1);
    node_.emplace(bus_.template subscribe<Fill>(std::ref(guest_), {.own_thread = true}));
    is_here_.store(true, model::Order::release);
    publish<Fill>(publisher, 2);
    publish<Order>(publisher, 3);
    while (!leaves(bus_, *node_)) model::yield();
    model::require(guest_.first == 2 && guest_.last == 2, "a guest sees what is published while it is there");
    publish<Fill>(publisher, 4);
    bus_.close();
    bus_.join();
    model::require(host_.first == 1 && host_.last == 4, "the host sees everything");
  }

 private:
  Sees host_;
  Sees guest_;
  model::Atomic<bool> is_here_{false, "is here"};
  B bus_{{.capacity = 1}};
  const whorl::NodeId host_node_ = bus_.subscribe(std::ref(host_), {.own_thread = true});
  std::optional<whorl::NodeId> node_;
};

/// Two publish into a bus of one place, whose only subscriber nobody has run. Another one joins, and the first wants to leave:
/// whoever is in the middle of an event then is met there by nobody.
template <class B>
class TakeOver : public model::Scenario {
 public:
  TakeOver() { bus_.start(); }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    auto publisher = publisher_of(bus_);
    if (thread == 1) {
      bus_.subscribe(std::ref(second_), {.own_thread = true});
      model::require(!leaves(bus_, node_), "nobody has run it");
    }
    published_[thread] = publisher.template try_emplace<Order>(1) == PublishResult::ok;
  }
  void finish() override {
    model::require(published_[0] != published_[1], "there is one place, and it is taken");
    bus_.close();
    model::require(leaves(bus_, node_), "when it is closed all may leave");
  }

 private:
  Sees first_;
  Sees second_;
  bool published_[2] = {};
  B bus_{{.capacity = 1}};
  const whorl::NodeId node_ = bus_.subscribe(std::ref(first_), {.own_thread = true});
};

template <class B>
void explore(model::Suite& suite, const std::string& kind) {
  const model::Bounds bounds{.preemptions = 1, .all_stale_reads = 2};
  suite.check(kind + ": events of two topics in one place", model::scenario<InPlace<B>>(), bounds);
  suite.sample(kind + ": events of two topics in one place, by lot", model::scenario<InPlace<B>>());
  suite.sample(kind + ": a guest comes and goes", model::scenario<Guest<B>>());
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  explore<Bus<whorl::Single>>(suite, "single");
  explore<Bus<whorl::Multi>>(suite, "multi");
  const model::Bounds bounds{.preemptions = 2, .all_stale_reads = 2};
  suite.check("multi: one that nobody has run stays", model::scenario<TakeOver<Bus<whorl::Multi>>>(), bounds);
  return suite.finish();
}
