// The LMAX Disruptor's tests of whole graphs.

#include "disruptors.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::HandlerOptions;
using whorl::NodeGroup;
using whorl::NodeId;
using whorl::PublishResult;
using whorl::Sequence;
using whorl::SequenceNumber;

// ---- ConsumerRepositoryTest -----------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: ConsumerRepositoryTest.shouldGetBarrierByHandler: who comes after a node waits for its sequence, and no "
    "other",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  using D = NumberDisruptor<F>;
  using Ring = typename D::Ring;
  Follower one, two, three;
  std::vector<Sequence*> sequences;
  std::vector<std::vector<Sequence*>> upstream;
  D d({.capacity = 4});
  const auto keep = [&](Follower& follower, HandlerOptions options) {
    const auto make = [&](Ring& ring, std::span<Sequence* const> before) {
      auto made = std::make_unique<whorl::BatchEventProcessor<Ring, Follower&>>(
          ring, before, follower, whorl::ProcessorOptions{}, ring.wait_strategy());
      sequences.push_back(&made->sequence());
      upstream.emplace_back(before.begin(), before.end());
      return made;
    };
    return d.process(make, std::move(options));
  };
  const NodeId first = keep(one, {});
  const NodeId second = keep(two, {.after = {first}});
  keep(three, {.after = {second}});
  CHECK(upstream == std::vector<std::vector<Sequence*>>{{}, {sequences[0]}, {sequences[1]}});
}

TEST_CASE_TEMPLATE(
    "lmax: ConsumerRepositoryTest.shouldRetrieveEventProcessorForHandler: a node's number is that of its own loop", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  NumberDisruptor<F> d({.capacity = 4});
  std::thread::id ran_in[2];
  const auto see = [&](std::size_t i) { return [&, i](std::uint64_t&) { ran_in[i] = std::this_thread::get_id(); }; };
  const NodeId first = d.handle(see(0), {.own_thread = true});
  const NodeId second = d.handle(see(1), {.own_thread = true});
  d.start();
  {
    auto producer = producer_of(d);
    publish_some(producer, 1);
  }
  d.close();
  std::jthread other([&] { d.run(first); });
  const std::thread::id others = other.get_id();
  d.run(second);
  other.join();
  d.join();
  CHECK(ran_in[0] == others);
  CHECK(ran_in[1] == std::this_thread::get_id());
}

TEST_CASE_TEMPLATE(
    "lmax: ConsumerRepositoryTest.shouldThrowExceptionWhenHandlerIsNotRegistered: wherever a node is named", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  NumberDisruptor<F> d({.capacity = 4, .dynamic = true}), other({.capacity = 4});
  d.handle(kNothing);
  const NodeId foreign = other.handle(kNothing);
  const NodeId removed = d.handle(kNothing);
  CHECK(d.remove(removed));
  for (const NodeId unknown : {foreign, removed}) {
    CHECK_THROWS_AS(d.handle(kNothing, {.after = {unknown}}), std::invalid_argument);
    CHECK_THROWS_AS(d.halt(unknown), std::invalid_argument);
    CHECK_THROWS_AS(d.run(unknown), std::invalid_argument);
    CHECK_THROWS_AS(d.remove(unknown), std::invalid_argument);
  }
}

// ---- ShutdownOnFatalExceptionTest -----------------------------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: ShutdownOnFatalExceptionTest.shouldShutdownGracefulEvenWithFatalExceptionHandler: join returns, and says "
    "why",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  NumberDisruptor<F> d({.capacity = 4});
  d.handle([](std::uint64_t&) { throw std::runtime_error("fatal"); });
  d.start();
  auto producer = producer_of(d);
  PublishResult result = PublishResult::ok;
  for (int i = 0; i < 10 && result == PublishResult::ok; ++i) result = producer.publish(kNumbered, kPatience);
  CHECK(result == PublishResult::closed);
  d.close();
  CHECK_THROWS_WITH_AS(d.join(), "fatal", std::runtime_error);
}

// ---- DisruptorTest: start -------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldHaveStartedAfterStartCalled: there are producers from then on", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(kNothing);
  CHECK_THROWS_AS(static_cast<void>(d.producer()), std::invalid_argument);
  d.start();
  CHECK(producer_of(d).publish(kNumbered, kPatience) == PublishResult::ok);
}

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldThrowExceptionIfStartIsCalledTwice: and it runs on", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Follower follower;
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(follower));
  d.start();
  CHECK_THROWS_AS(d.start(), std::invalid_argument);
  auto producer = producer_of(d);
  publish_some(producer, 2);
  CHECK(d.drain_for(kPatience));
  CHECK(follower.seen == 2);
}

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldThrowExceptionWhenAddingEventProcessorsAfterTheProducerBarrierHasBeenCreated: unless it "
    "was told that nodes come and go",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  Follower follower;
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(kNothing);
  d.start();
  CHECK_THROWS_AS(d.handle(std::ref(follower)), std::invalid_argument);
  CHECK_THROWS_AS(custom(d, follower), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(d.poller()), std::invalid_argument);
}

// ---- DisruptorTest: events ------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldBatchOfEvents: two published at once are handled at once", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Notebook notebook;
  NumberDisruptor<F> d({.capacity = 8});
  d.handle(std::ref(notebook));
  d.start();
  CHECK(producer_of(d).publish_batch(2, kNumbered, kPatience) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(notebook.text == "S B2/2 0 1. s");
}

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldHandleEventsWithRewindableEventHandlers: a batch comes again, and is counted once", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  for (const bool also_skips : {false, true}) {
    Notebook notebook;
    Numbers bad = {2, 2};
    notebook.on_event = [&](std::uint64_t event, const EventContext&) {
      if (also_skips && event == 1) throw std::logic_error("not to be tried again");
      if (bad.empty() || event != bad.back()) return;
      bad.pop_back();
      throw std::runtime_error("again");
    };
    NumberDisruptor<F> d({.capacity = 16});
    d.handle(whorl::rewinding<std::runtime_error>(std::ref(notebook), whorl::RewindUpTo{3}));
    d.start();
    CHECK(producer_of(d).publish_batch(4, kNumbered, kPatience) == PublishResult::ok);
    d.close();
    d.join();
    CHECK(notebook.text ==
          (also_skips ? "S B4/4 0 1 E@1 B2/2 2 B2/2 2 B2/2 2 3. s" : "S B4/4 0 1 2 B4/4 0 1 2 B4/4 0 1 2 3. s"));
    const whorl::NodeStats stats = d.stats().nodes.front();
    CHECK(stats.events == (also_skips ? 3 : 4));
    CHECK(stats.batches == 1);
  }
}

namespace {

// One node goes on while another one is held.
template <class D, class Add>
void check_goes_ahead(Add&& add) {
  Held held;
  Follower one, two;
  D d({.capacity = 4});
  add(d, held);
  add(d, one);
  add(d, two);
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 2);
  await([&] { return one.seen == 2 && two.seen == 2; });
  CHECK(held.done == 0);
  held.may_pass = 2;
  CHECK(d.drain_for(kPatience));
  CHECK(one.wrong + two.wrong == 0);
}

}  // namespace

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldMakeEntriesAvailableToFirstHandlersImmediately: none waits for another one", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  check_goes_ahead<NumberDisruptor<F>>([](auto& d, auto& handler) { d.handle(std::ref(handler)); });
}
TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldMakeEntriesAvailableToFirstCustomProcessorsImmediately: none waits for another one", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  check_goes_ahead<NumberDisruptor<F>>([](auto& d, auto& handler) { custom(d, handler); });
}

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldBlockProducerUntilAllEventProcessorsHaveAdvanced: the slower of two", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held fast, slow;
  fast.may_pass = 100;
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(fast));
  d.handle(std::ref(slow));
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 4);
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);
  std::atomic<bool> is_through{false};
  PublishResult result = PublishResult::full;
  std::thread waits([&] {
    result = producer.publish(kNumbered, kPatience);
    is_through = true;
  });
  await([&] { return fast.done == 4 && d.stats().full_waits != 0; });
  CHECK_FALSE(is_through.load());
  slow.may_pass = 100;
  waits.join();
  CHECK(result == PublishResult::ok);
  CHECK(slow.done >= 1);
  CHECK(d.drain_for(kPatience));
  CHECK(slow.done == 5);
}

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldTrackRemainingCapacity: one less while an event is handled", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held held;
  NumberDisruptor<F> d({.capacity = 8});
  d.handle(std::ref(held));
  d.start();
  CHECK(d.remaining_capacity() == 8);
  auto producer = producer_of(d);
  publish_some(producer, 1);
  await([&] { return held.begun == 1; });
  CHECK(d.remaining_capacity() == 7);
  held.may_pass = 1;
  CHECK(d.drain_for(kPatience));
  CHECK(d.remaining_capacity() == 8);
}

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldThrowTimeoutExceptionIfShutdownDoesNotCompleteNormally: a drain says that time was up, "
    "and everybody goes on",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  Held held;
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(held));
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 1);
  CHECK_FALSE(d.drain_for(10ms));
  CHECK_FALSE(d.is_closed());
  held.may_pass = 2;
  CHECK(d.drain_for(kPatience));
  publish_some(producer, 1);
  CHECK(d.drain_for(kPatience));
  CHECK(held.done == 2);
}

// ---- DisruptorTest: who comes late ----------------------------------------------------------------------------------

namespace {

// Nodes that are added when six events are published begin behind them.
template <class F, class Add>
void check_begins_behind(Add&& add) {
  Notebook notebooks[3];
  NumberDisruptor<F> d({.capacity = 16, .without_consumers = whorl::EmptyGate::open, .dynamic = true});
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 6);
  std::optional<NodeId> before;
  for (Notebook& notebook : notebooks) {  // one after the other
    before = add(d, notebook, before ? HandlerOptions{.after = {*before}} : HandlerOptions{});
    CHECK(d.stats().nodes.back().sequence == 5);
  }
  publish_some(producer, 1);
  d.close();
  d.join();
  for (const Notebook& notebook : notebooks) CHECK(notebook.text == "S B1/1 6. s");
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldAddEventProcessorsAfterPublishing: they begin behind what is published",
                   F, WHORL_CONFORMANCE_DISRUPTORS) {
  check_begins_behind<F>(
      [](auto& d, Notebook& notebook, HandlerOptions options) { return custom(d, notebook, std::move(options)); });
}
TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldSetSequenceForHandlerIfAddedAfterPublish: it begins behind what is published", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  check_begins_behind<F>([](auto& d, Notebook& notebook, HandlerOptions options) {
    return d.handle(std::ref(notebook), std::move(options));
  });
}

namespace {

// How far a node might read, as its barrier says: what a loop of one's own is built with.
template <class F>
SequenceNumber cursor_at_barrier(std::size_t before, std::size_t after) {
  using D = NumberDisruptor<F>;
  using Ring = typename D::Ring;
  using Processor = whorl::BatchEventProcessor<Ring, Held&>;
  Held held;
  Processor* processor = nullptr;
  D d({.capacity = 16, .without_consumers = whorl::EmptyGate::open, .dynamic = true});
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, before);
  d.process([&](Ring& ring, std::span<Sequence* const> upstream) {
    auto made = std::make_unique<Processor>(ring, upstream, held, whorl::ProcessorOptions{}, ring.wait_strategy());
    processor = made.get();
    return made;
  });
  publish_some(producer, after);
  const SequenceNumber cursor = processor->barrier().cursor();
  held.may_pass = 100;
  CHECK(d.drain_for(kPatience));
  return cursor;
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldGetSequenceBarrierForHandler: it says how far its node might read", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  CHECK(cursor_at_barrier<F>(0, 0) == -1);
  CHECK(cursor_at_barrier<F>(0, 1) == 0);
}
TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldGetSequenceBarrierForHandlerIfAddedAfterPublish: it says how far its node might read", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  CHECK(cursor_at_barrier<F>(6, 0) == 5);
}

// ---- DisruptorTest: who comes after whom ----------------------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldCreateEventProcessorGroupForFirstEventProcessors: two nodes, a thread each", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  std::thread::id ran_in[2];
  const auto see = [&](std::size_t i) { return [&, i](std::uint64_t&) { ran_in[i] = std::this_thread::get_id(); }; };
  NumberDisruptor<F> d({.capacity = 4});
  const NodeGroup group = d.handle_each({}, see(0), see(1));
  CHECK(group.size() == 2);
  d.start();
  CHECK(producer_of(d).publish(kNumbered, kPatience) == PublishResult::ok);
  CHECK(d.drain_for(kPatience));
  CHECK(ran_in[0] != ran_in[1]);
  CHECK(ran_in[0] != std::thread::id());
  CHECK(ran_in[1] != std::thread::id());
}

TEST_CASE_TEMPLATE(
    "lmax: "
    "DisruptorTest.shouldWaitUntilAllFirstEventProcessorsProcessEventBeforeMakingItAvailableToDependentEventProcessors:"
    " "
    "for the last of them",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  Held one, two;
  Follower follower{.before = {&one, &two}};
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(follower), {.after = d.handle_each({}, std::ref(one), std::ref(two))});
  check_follows(d, {&one, &two}, follower);
}

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldAllowSpecifyingSpecificEventProcessorsToWaitFor: two of three, which are named", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  Held one, two, other;
  Follower follower{.before = {&one, &two}};
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(other));
  const NodeId first = d.handle(std::ref(one));
  const NodeId second = d.handle(std::ref(two));
  d.handle(std::ref(follower), {.after = {first, second}});
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 2);
  one.may_pass = 2;
  two.may_pass = 2;
  await([&] { return follower.seen == 2; });
  CHECK(follower.wrong == 0);
  CHECK(other.done == 0);
  other.may_pass = 2;
}

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldWaitOnAllProducersJoinedByAnd: groups are joined by |", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held one, two, three;
  Follower follower{.before = {&one, &two, &three}};
  NumberDisruptor<F> d({.capacity = 4});
  const NodeGroup pair = d.handle_each({}, std::ref(one), std::ref(two));
  const NodeId third = d.handle(std::ref(three));
  d.handle(std::ref(follower), {.after = pair | third});
  check_follows(d, {&one, &two, &three}, follower);
}

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldThrowExceptionIfHandlerIsNotAlreadyConsuming: a node comes after nodes of its own "
    "Disruptor",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  NumberDisruptor<F> d({.capacity = 4}), other({.capacity = 4});
  d.handle(kNothing);
  const NodeId foreign = other.handle(kNothing);
  CHECK_THROWS_AS(d.handle(kNothing, {.after = {foreign}}), std::invalid_argument);
  CHECK(d.stats().nodes.size() == 1);
}

namespace {

// All of them are equal.
struct Equal : Held {
  friend bool operator==(const Equal&, const Equal&) { return true; }
};

}  // namespace

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldTrackEventHandlersByIdentityNotEquality: of two equal handlers one is waited for", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  Equal one, two;
  REQUIRE(one == two);
  Follower follower{.before = {&one}};
  NumberDisruptor<F> d({.capacity = 4});
  const NodeId first = d.handle(std::ref(one));
  const NodeId second = d.handle(std::ref(two));
  CHECK_FALSE(first == second);
  d.handle(std::ref(follower), {.after = {first}});
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 2);
  one.may_pass = 2;
  await([&] { return follower.seen == 2; });
  CHECK(follower.wrong == 0);
  CHECK(two.done == 0);
  two.may_pass = 2;
}

// ---- DisruptorTest: loops of one's own ------------------------------------------------------------------------------

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldSupportAddingCustomEventProcessorWithFactory: it is told what it comes after: nothing, "
    "or "
    "one",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  using D = NumberDisruptor<F>;
  using Ring = typename D::Ring;
  Held held;
  Follower follower{.before = {&held}};
  std::vector<std::size_t> upstream;
  D d({.capacity = 4});
  const auto factory = [&]<class H>(H& handler) {
    return [&](Ring& ring, std::span<Sequence* const> before) {
      upstream.push_back(before.size());
      return std::make_unique<whorl::BatchEventProcessor<Ring, H&>>(
          ring, before, handler, whorl::ProcessorOptions{.max_batch = 1}, ring.wait_strategy());
    };
  };
  const NodeId first = d.process(factory(held));
  d.process(factory(follower), {.after = {first}});
  CHECK(upstream == std::vector<std::size_t>{0, 1});
  check_follows(d, {&held}, follower);
}

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldSupportCustomProcessorsAsDependencies: a handler after one", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held held;
  Follower follower{.before = {&held}};
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(follower), {.after = {custom(d, held)}});
  check_follows(d, {&held}, follower);
}
TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldSupportHandlersAsDependenciesToCustomProcessors: one after a handler", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held held;
  Follower follower{.before = {&held}};
  NumberDisruptor<F> d({.capacity = 4});
  custom(d, follower, {.after = {d.handle(std::ref(held))}});
  check_follows(d, {&held}, follower);
}
TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldSupportCustomProcessorsAndHandlersAsDependencies: a handler after one of each", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  Held own, handler;
  Follower follower{.before = {&own, &handler}};
  NumberDisruptor<F> d({.capacity = 4});
  const NodeId first = d.handle(std::ref(handler));
  d.handle(std::ref(follower), {.after = {first, custom(d, own)}});
  check_follows(d, {&own, &handler}, follower);
}
TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldSupportMultipleCustomProcessorsAsDependencies: a handler after two", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held one, two;
  Follower follower{.before = {&one, &two}};
  NumberDisruptor<F> d({.capacity = 4});
  const NodeId first = custom(d, one);
  d.handle(std::ref(follower), {.after = {first, custom(d, two)}});
  check_follows(d, {&one, &two}, follower);
}
TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldHonourDependenciesForCustomProcessors: one after another one", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held held;
  Follower follower{.before = {&held}};
  NumberDisruptor<F> d({.capacity = 4});
  custom(d, follower, {.after = {custom(d, held)}});
  check_follows(d, {&held}, follower);
}

// ---- DisruptorTest: errors ------------------------------------------------------------------------------------------

namespace {

// Fails at its first event, and leaves the judgement to others.
struct Fails {
  const char* what;
  bool has_failed = false;
  void operator()(std::uint64_t&) {
    if (!std::exchange(has_failed, true)) throw std::runtime_error(what);
  }
};

// Two nodes run over three events; what join throws.
template <class F, class One, class Two>
std::string run_two(One& one, Two& two) {
  NumberDisruptor<F> d({.capacity = 8});
  d.handle(std::ref(one));
  d.handle(std::ref(two));
  d.start();
  CHECK(producer_of(d).publish_batch(3, kNumbered, kPatience) == PublishResult::ok);
  d.close();
  try {
    d.join();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

Notebook failing_notebook() {
  Notebook notebook;
  notebook.on_event = [](std::uint64_t event, const EventContext&) {
    if (event == 0) throw std::runtime_error("the notebook's");
  };
  return notebook;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldSupportSpecifyingAExceptionHandlerForEventProcessors: a handler judges what it throws",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  Notebook notebook = failing_notebook();
  Follower follower;
  CHECK(run_two<F>(notebook, follower) == "");
  CHECK(notebook.text.find(" 0 E@0 ") != std::string::npos);
  CHECK(follower.seen == 3);
}
TEST_CASE_TEMPLATE(
    "lmax: "
    "DisruptorTest.shouldOnlyApplyExceptionsHandlersSpecifiedViaHandleExceptionsWithOnNewEventProcessors: who judges "
    "errors judges its own, and nobody's that came before",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  Fails before{"nobody judges"};
  Notebook after;
  CHECK(run_two<F>(before, after) == "nobody judges");
  CHECK(after.text.find('E') == std::string::npos);
}
TEST_CASE_TEMPLATE(
    "lmax: DisruptorTest.shouldBeAbleToOverrideTheExceptionHandlerForAEventProcessor: one judges, of the other the "
    "error "
    "is join's to throw",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  Notebook judges = failing_notebook();
  Fails leaves{"left to join"};
  CHECK(run_two<F>(judges, leaves) == "left to join");
  CHECK(judges.text.find(" 0 E@0 ") != std::string::npos);
}

// ---- DisruptorTest: handlers of a base class ------------------------------------------------------------------------

namespace {

struct Base {
  std::uint64_t number = 0;
};
struct Derived : Base {
  std::uint64_t more = 0;
};
// Takes any event that is a Base.
struct OfBase {
  std::uint64_t sum = 0;
  void operator()(Base& event, const EventContext&) { sum += event.number; }
};

template <class F>
void check_of_base(bool as_chain) {
  OfBase one, two;
  typename F::template Of<Derived> d({.capacity = 4});
  const NodeId first = d.handle(std::ref(one));
  if (as_chain) d.handle(std::ref(two), {.after = {first}});
  d.start();
  {
    auto producer = producer_of(d);
    for (std::uint64_t i = 1; i <= 10; ++i)
      CHECK(producer.publish([&](Derived& event) { event.number = i; }, kPatience) == PublishResult::ok);
  }
  d.close();
  d.join();
  CHECK(one.sum == 55);
  CHECK(two.sum == (as_chain ? 55 : 0));
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldAllowEventHandlerWithSuperType: one that takes the event's base", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  check_of_base<F>(false);
}
TEST_CASE_TEMPLATE("lmax: DisruptorTest.shouldAllowChainingEventHandlersWithSuperType: one after another one", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  check_of_base<F>(true);
}
