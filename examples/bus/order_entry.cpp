// An order-entry service on an EventBus. Gateways publish orders, an officer limits; risk lets an order pass or not; the engine
// matches what has passed, and publishes fills on the same bus; the journal writes everything down; a screen may miss some.
//
//     gateways, officer --> bus --> risk --> engine --+      (risk sees fills, too)
//                            ^       |                |
//                            |       +---> journal    |
//                            +------------- fills ----+
//
// Threads interleave differently in each run, and so every run ends in another state. But all subscribers have seen one order,
// and the journal has it: replayed by one thread it gives the same verdicts, the same fills and the same state.
//
// usage: order_entry [RUNS [ORDERS]]

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include "engine.hpp"
#include "events.hpp"
#include "journal.hpp"
#include "risk.hpp"

using namespace orders;
using whorl::PublishResult;

/// The engine as a subscriber that publishes. In a subscriber nobody may wait for room: it might be waiting for itself. What
/// finds none it keeps, and tries again when the next order comes, or nothing comes for a while.
class MatchingEngine {
 public:
  explicit MatchingEngine(Bus& bus) : bus_(bus) {}

  void on_start() { publisher_.emplace(bus_.publisher()); }
  void operator()(const Order& order) {
    engine.match(order, [this](const Fill& fill) {
      kept_.push_back(fill);
      unpublished.fetch_add(1);
    });
    publish();
  }
  void on_timeout(whorl::SequenceNumber) { publish(); }

  Engine engine;
  std::atomic<std::uint64_t> unpublished{0};
  std::uint64_t fills = 0;

 private:
  void publish() {
    for (; !kept_.empty() && publisher_->try_publish(kept_.front()) == PublishResult::ok; kept_.pop_front()) {
      ++fills;
      unpublished.fetch_sub(1);
    }
  }

  Bus& bus_;
  std::optional<Bus::Publisher> publisher_;
  std::deque<Fill> kept_;
};

std::uint64_t hash_of(const Risk& risk, const Engine& engine) {
  Hash hash;
  risk.add_to(hash);
  engine.add_to(hash);
  return hash.value();
}

// A gateway's orders, and the officer's limits; how many were refused by the bus.
std::uint64_t send_orders(Bus::Publisher publisher, std::uint32_t gateway, std::uint64_t orders, std::uint64_t seed) {
  std::mt19937_64 random(seed * 1'000 + gateway);
  std::uint64_t unsent = 0;
  for (std::uint64_t n = 0; n < orders; ++n) {
    const std::uint64_t r = random();
    const Order order{.id = gateway * 1'000'000'000ull + n,
                      .account = static_cast<std::uint32_t>(r % kAccounts),
                      .price = 1'000 + static_cast<std::int32_t>(r / 64 % 21) - 10,
                      .quantity = 1 + static_cast<std::int32_t>(r / 4'096 % 100),
                      .side = r / 1'048'576 % 2 == 0 ? Side::buy : Side::sell};
    unsent += publisher.publish(order) != PublishResult::ok;
  }
  return unsent;
}
std::uint64_t send_limits(Bus::Publisher publisher, std::uint64_t limits, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uint64_t unsent = 0;
  for (std::uint64_t n = 0; n < limits; ++n) {
    const std::uint64_t r = random();
    const auto most = static_cast<std::int32_t>(1'000 + r / 64 % 9'000);
    unsent += publisher.emplace<Limit>(static_cast<std::uint32_t>(r % kAccounts), most) != PublishResult::ok;
  }
  return unsent;
}

// Everything has been handled, and nothing more comes of it.
void settle(Bus& bus, const MatchingEngine& engine) {
  for (std::uint64_t before = bus.stats().claimed;; before = bus.stats().claimed) {
    (void)bus.drain_for({});
    if (engine.unpublished.load() == 0 && bus.stats().claimed == before) return;
  }
}

struct Live {
  Risk risk;
  Journal journal;
  std::uint64_t hash = 0;
  std::uint64_t fills = 0;
  std::uint64_t unsent = 0;
  std::uint64_t shown = 0;
  std::uint64_t missed = 0;
};

void run(Live& live, std::uint64_t orders, std::uint64_t seed) {
  whorl::LossySubscriber<Fill> screen(64);  // before the bus
  Bus bus({.capacity = 256, .name = "orders"});
  MatchingEngine engine(bus);
  const auto risk = bus.subscribe(std::ref(live.risk), {.name = "risk"});
  bus.subscribe<Order>(std::ref(engine), {.name = "engine", .after = {risk}, .timeout = std::chrono::milliseconds(1)});
  bus.subscribe(std::ref(live.journal), {.name = "journal", .after = {risk}});  // with the verdicts
  bus.subscribe(screen, {.name = "screen"});
  bus.start();
  {
    std::atomic<std::uint64_t> unsent{0};
    std::vector<std::jthread> threads;
    for (std::uint32_t gateway = 0; gateway < 3; ++gateway) {
      threads.emplace_back([&, gateway] { unsent += send_orders(bus.publisher(), gateway, orders, seed); });
    }
    threads.emplace_back([&] { unsent += send_limits(bus.publisher(), orders / 50, seed); });
    threads.clear();
    live.unsent = unsent;
  }
  settle(bus, engine);
  bus.close();
  bus.join();
  (void)screen.run([&](const Fill&) { ++live.shown; });
  live.missed = screen.lost();
  live.fills = engine.fills;
  live.hash = hash_of(live.risk, engine.engine);
}

// The journal once more, through a new risk and a new engine. How much was otherwise than in the journal, which is nothing.
std::uint64_t replay(const Journal& journal, std::uint64_t& hash) {
  Risk risk;
  Engine engine;
  std::deque<Fill> expected;
  std::uint64_t different = 0;
  const bool is_whole = journal.replay([&](const auto& written) {
    auto event = written;
    if constexpr (std::is_same_v<decltype(event), Order>) event.verdict = Verdict::none;
    risk(event);
    different += event != written;
    if constexpr (std::is_same_v<decltype(event), Order>) {
      engine.match(event, [&](const Fill& fill) { expected.push_back(fill); });
    } else if constexpr (std::is_same_v<decltype(event), Fill>) {
      different += expected.empty() || expected.front() != event;
      if (!expected.empty()) expected.pop_front();
    }
  });
  hash = hash_of(risk, engine);
  return different + expected.size() + !is_whole;
}

bool run_and_replay(std::uint64_t orders, std::uint64_t seed) {
  Live live;
  run(live, orders, seed);
  std::uint64_t hash = 0;
  const std::uint64_t different = replay(live.journal, hash);
  const std::uint64_t all = 3 * orders + orders / 50 + live.fills;
  std::printf(
      "run %llu: %llu orders accepted, %llu refused, %llu fills (screen: %llu, %llu missed); journal of %llu events; "
      "state live %016llx, replayed %016llx\n",
      static_cast<unsigned long long>(seed), static_cast<unsigned long long>(live.risk.accepted),
      static_cast<unsigned long long>(live.risk.refused), static_cast<unsigned long long>(live.fills),
      static_cast<unsigned long long>(live.shown), static_cast<unsigned long long>(live.missed),
      static_cast<unsigned long long>(live.journal.events), static_cast<unsigned long long>(live.hash),
      static_cast<unsigned long long>(hash));
  return live.unsent == 0 && different == 0 && hash == live.hash && live.journal.events == all &&
         live.shown + live.missed == live.fills && live.risk.accepted != 0 && live.risk.refused != 0 && live.fills != 0;
}

int main(int count, char** arguments) {
  const std::uint64_t runs = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 5;
  const std::uint64_t orders = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 5'000;
  std::uint64_t same = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) same += run_and_replay(orders, seed);
  std::printf("%llu of %llu runs: the replayed journal yields the state of the live run\n",
              static_cast<unsigned long long>(same), static_cast<unsigned long long>(runs));
  return runs != 0 && same == runs ? 0 : 1;
}
