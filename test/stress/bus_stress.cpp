// A bus under load: subscribers that come and go, sixty-four publishers, one who is too slow, one who fails.
// Forbidden: an event of a subscriber's topics lost, seen twice, torn, or out of the one order; one that is seen by somebody
// after it has been destroyed, or never destroyed; somebody who joins and misses what is published from then on, or leaves
// without what was published before; a thread that waits on although what it waits for is there.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/bus/event_bus.hpp>

#include "../support/buses.hpp"
#include "../support/scale.hpp"
#include "crew.hpp"
#include "ledger.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::ErrorAction;
using whorl::PublishResult;

namespace {

// Plain, and one that holds something elsewhere: read after its end a sanitizer sees it, and the seal does.
struct Plain {
  Item item;
};
struct Boxed {
  explicit Boxed(Item made) : item(std::make_unique<Item>(made)) { ++live; }
  Boxed(const Boxed& other) : Boxed(*other.item) {}
  Boxed(Boxed&& other) noexcept : item(std::move(other.item)) { ++live; }
  Boxed& operator=(Boxed&&) = delete;
  ~Boxed() {
    if (item != nullptr) item->seal = 0;
    --live;
  }
  std::unique_ptr<Item> item;
  static inline std::atomic<std::int64_t> live{0};
};
struct Tail {
  Item item;
};

const Item& item_of(const Plain& event) { return event.item; }
const Item& item_of(const Boxed& event) { return *event.item; }
const Item& item_of(const Tail& event) { return event.item; }
template <class E>
constexpr std::size_t kTopic = std::is_same_v<E, Plain>   ? 0
                               : std::is_same_v<E, Boxed> ? 1
                                                          : 2;

// Publishers number the events of each topic.
using Numbers = std::array<std::uint64_t, 3>;

template <class P>
PublishResult publish_one(P& publisher, std::size_t producer, std::size_t topic, Numbers& numbers) {
  const Item item = Item::make(producer, numbers[topic]);
  PublishResult result = PublishResult::ok;
  if (topic == 0) result = publisher.publish(Plain{item});
  if (topic == 1) result = publisher.template emplace<Boxed>(item);
  if (topic == 2) result = publisher.publish(Tail{item});
  numbers[topic] += result == PublishResult::ok;
  return result;
}

// Sees the events of each topic of each publisher without a gap, from the first one that it sees; hashes the order of all.
class Witness {
 public:
  explicit Witness(std::size_t producers, bool from_the_beginning = true) : next_(producers) {
    for (auto& topics : next_) {
      if (from_the_beginning) topics.fill(0);
    }
  }

  template <class E>
  void operator()(const E& event) {
    const Item& item = item_of(event);
    wrong += item.seal != Item::seal_of(item.producer, item.number);
    auto& next = next_.at(item.producer)[kTopic<E>];
    wrong += next.has_value() && *next != item.number;
    next = item.number + 1;
    order = (order ^ (item.seal + kTopic<E>)) * 0x100000001b3;
    ++seen;
  }
  std::uint64_t next(std::size_t producer, std::size_t topic) const { return next_[producer][topic].value_or(0); }

  std::uint64_t wrong = 0;
  std::uint64_t order = 0;
  std::uint64_t seen = 0;

 private:
  std::vector<std::array<std::optional<std::uint64_t>, 3>> next_;
};

// Somebody comes, sees what is published meanwhile, and goes. `own` is this thread's publisher, number 0. How much was wrong.
template <class Bus>
std::uint64_t visit(Bus& bus, typename Bus::Publisher* own, Numbers& numbers, whorl::NodeId host, std::size_t producers,
                    Random& random) {
  Witness guest(producers, false);
  const bool sees_all = between(random, 0, 1) == 0;
  whorl::HandlerOptions options;
  if (between(random, 0, 1) == 0) options.after = {host};
  const auto id = sees_all ? bus.subscribe(std::ref(guest), options)
                           : bus.template subscribe<Tail, Boxed>(std::ref(guest), options);
  if (own == nullptr) {
    dawdle(between(random, 0, 300));
    return !bus.leave(id) + guest.wrong;
  }
  const Numbers before = numbers;
  std::uint64_t wrong = 0;
  const std::uint64_t events = between(random, 0, 6);
  for (std::uint64_t n = 0; n < events; ++n) wrong += publish_one(*own, 0, n % 3, numbers) != PublishResult::ok;
  wrong += !bus.leave(id);
  const Numbers left = numbers;
  wrong += publish_one(*own, 0, 2, numbers) != PublishResult::ok;  // the guest does not see this one
  for (std::size_t topic = sees_all ? 0 : 1; topic < 3; ++topic) {
    if (left[topic] != before[topic]) wrong += guest.next(0, topic) != left[topic];
  }
  if (!sees_all) wrong += guest.next(0, 0) != 0;
  return wrong + guest.wrong;
}

// A bus of Boxed events leaves none behind.
struct NoneLeft {
  ~NoneLeft() { CHECK(Boxed::live == 0); }
};

}  // namespace

TEST_CASE_TEMPLATE("bus: subscribers join and leave ten thousand times while events flow", B, WHORL_TEST_BUSES) {
  const NoneLeft none_left;
  Watchdog watchdog("bus: join and leave");
  for (const std::size_t capacity : {4u, 256u}) {
    CAPTURE(capacity);
    constexpr std::size_t kProducers = B::kShared ? 3 : 1;
    using Bus = typename B::template Of<Plain, Boxed, Tail>;
    Bus bus({.capacity = capacity});
    Witness host(kProducers);
    const whorl::NodeId first = bus.subscribe(std::ref(host));
    bus.start();
    std::uint64_t wrong = 0;
    std::atomic<std::uint64_t> published{0};
    {
      std::atomic<bool> is_over{false};
      std::optional<Crew> crew;
      std::optional<typename Bus::Publisher> own;
      if constexpr (B::kShared) own.emplace(bus.publisher());
      // Producer 0 is this thread where there may be several; a single one is a thread beside it.
      crew.emplace(B::kShared ? kProducers - 1 : 1, [&](std::size_t k, std::stop_token, Random& random) {
        auto publisher = publisher_of(bus);
        Numbers numbers{};
        while (!is_over) {
          const std::size_t producer = B::kShared ? k + 1 : k;
          published += publish_one(publisher, producer, between(random, 0, 2), numbers) == PublishResult::ok;
          if (between(random, 0, 63) == 0) std::this_thread::yield();
        }
      });
      Random random(seed());
      Numbers numbers{};
      for (std::uint64_t round = 0, rounds = scaled(5'000); round < rounds; ++round) {
        wrong += visit(bus, own ? &*own : nullptr, numbers, first, kProducers, random);
        watchdog.progress();
      }
      is_over = true;
      crew.reset();
      published += numbers[0] + numbers[1] + numbers[2];
    }
    bus.close();
    bus.join();
    CHECK(wrong == 0);
    CHECK(host.wrong == 0);
    CHECK(host.seen == published);
  }
}

TEST_CASE("bus: sixty-four publishers, and all subscribers see one order") {
  const NoneLeft none_left;
  Watchdog watchdog("bus: sixty-four publishers");
  constexpr std::size_t kProducers = 64;
  const std::uint64_t each = scaled(3'000);
  whorl::EventBus<whorl::Topics<Plain, Boxed, Tail>> bus({.capacity = 64});
  Witness one(kProducers), two(kProducers), tails(kProducers);
  const auto first = bus.subscribe(std::ref(one));
  bus.subscribe(std::ref(two), {.after = {first}, .max_batch = 5});
  bus.subscribe<Tail>(std::ref(tails));
  bus.start();
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> all_tails{0};
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token, Random& random) {
      auto publisher = bus.publisher();
      Numbers numbers{};
      for (std::uint64_t n = 0; n < each; ++n) {
        refused += publish_one(publisher, producer, between(random, 0, 2), numbers) != PublishResult::ok;
        if (n % 64 == 0) watchdog.progress();
      }
      all_tails += numbers[2];
    });
  }
  bus.close();
  bus.join();
  CHECK(refused == 0);
  CHECK(one.wrong + two.wrong + tails.wrong == 0);
  CHECK(one.seen == kProducers * each);
  CHECK(two.seen == one.seen);
  CHECK(two.order == one.order);
  CHECK(tails.seen == all_tails);
}

TEST_CASE_TEMPLATE("bus: a lossy subscriber that is too slow holds nobody up, and learns what it has missed", B,
                   WHORL_TEST_BUSES) {
  const NoneLeft none_left;
  Watchdog watchdog("bus: lossy");
  const std::uint64_t events = scaled(100'000);
  constexpr std::uint64_t kUnseen = 50;  // rounds before anybody looks at the screen
  whorl::LossySubscriber<Boxed, Tail> screen(8);
  typename B::template Of<Plain, Boxed, Tail> bus({.capacity = 32});
  Witness all(1);
  bus.subscribe(std::ref(all));
  bus.subscribe(screen);
  bus.start();
  std::uint64_t wrong = 0, missed = 0;
  std::atomic<std::uint64_t> shown{0};
  std::atomic<bool> is_on{false};
  std::thread consumer([&] {
    while (!is_on) std::this_thread::yield();
    std::uint64_t next = 0;  // of both its topics together
    Random random(seed());
    (void)screen.run([&](const auto& event, const whorl::LossyContext& at) {
      const Item& item = item_of(event);
      wrong += item.seal != Item::seal_of(item.producer, item.number);
      wrong += item.number * 2 + kTopic<std::remove_cvref_t<decltype(event)>> - 1 != next + at.lost;
      next += at.lost + 1;
      missed += at.lost;
      ++shown;
      dawdle(between(random, 0, 2'000));
    });
  });
  std::uint64_t refused = 0;
  {
    auto publisher = publisher_of(bus);
    Numbers numbers{};
    for (std::uint64_t n = 0; n < events; ++n) {
      for (std::size_t topic = 0; topic < 3; ++topic)
        refused += publish_one(publisher, 0, topic, numbers) != PublishResult::ok;
      watchdog.progress();
      if (n + 1 != kUnseen) continue;
      // Laps, and nobody has read: the rest is lost. What comes after there is room again says so.
      CHECK(bus.drain_for({}));
      CHECK(screen.lost() == 2 * kUnseen - screen.capacity());
      is_on = true;
      while (shown < screen.capacity()) std::this_thread::yield();
    }
  }
  bus.close();
  bus.join();
  consumer.join();
  CHECK(refused == 0);
  CHECK(wrong == 0);
  CHECK(all.wrong == 0);
  CHECK(all.seen == 3 * events);
  CHECK(shown + screen.lost() == 2 * events);
  CHECK(missed <= screen.lost());
  CHECK(missed >= 2 * kUnseen - screen.capacity());
}

namespace {

// Fails now and then and tries again, or, at `last`, for good. What it has seen, it has seen once.
struct Failing {
  Witness witness;
  std::uint64_t last;
  Random random{seed()};
  std::uint64_t failures = 0;
  bool fails_next = true;

  template <class E>
  void operator()(const E& event) {
    if (witness.seen == last) throw std::runtime_error("for good");
    if (fails_next && between(random, 0, 19) == 0) {
      fails_next = false;
      throw std::runtime_error("now and then");
    }
    fails_next = true;
    witness(event);
  }
  ErrorAction on_error(const std::exception_ptr&, void*, whorl::SequenceNumber) noexcept {
    ++failures;
    return witness.seen == last ? ErrorAction::halt : ErrorAction::retry;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("bus: one that fails tries again; when it gives up publishers are freed, and others see everything",
                   B, WHORL_TEST_BUSES) {
  const NoneLeft none_left;
  Watchdog watchdog("bus: failures");
  Random random(seed());
  for (std::uint64_t round = 0, rounds = scaled(200); round < rounds; ++round) {
    const std::size_t producers = B::kShared ? 3 : 1;
    Witness others(producers), after(producers);
    Failing failing{.witness = Witness(producers), .last = between(random, 0, 3'000)};
    typename B::template Of<Plain, Boxed, Tail> bus({.capacity = 16});
    const auto node = bus.subscribe(std::ref(failing));
    bus.subscribe(std::ref(after), {.after = {node}});
    bus.subscribe(std::ref(others));
    bus.start();
    std::atomic<std::uint64_t> published{0};
    {
      const Crew crew(producers, [&](std::size_t producer, std::stop_token, Random& choices) {
        auto publisher = publisher_of(bus);
        Numbers numbers{};
        while (publish_one(publisher, producer, between(choices, 0, 2), numbers) == PublishResult::ok) {
        }
        published += numbers[0] + numbers[1] + numbers[2];
      });
    }
    REQUIRE_THROWS_WITH(bus.join(), "for good");
    REQUIRE(failing.witness.wrong + others.wrong + after.wrong == 0);
    REQUIRE(failing.witness.seen == failing.last);
    REQUIRE(after.seen <= failing.last);
    REQUIRE(others.seen == published);
    watchdog.progress();
  }
}
