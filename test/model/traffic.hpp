#pragma once
// Traffic: the ordinary life of a shard, some producers and a consumer, with a witness.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <vector>
#include <whorl/ring/ring_shard.hpp>

#include "calls.hpp"
#include "witness.hpp"

/// What happens in one scenario.
struct Plan {
  std::size_t capacity = 1;
  std::size_t producers = 1;
  std::size_t items = 2;          // of each producer
  std::size_t batch = 1;          // items of one write
  std::size_t prefilled = 0;      // items of producer 0 that are inside before the threads start
  bool patient = true;            // writers and reader try again until all is done; otherwise each tries once
  bool concurrent_reader = true;  // otherwise everything is read at the end
  std::uint64_t throwing = 0;     // a bit for each number: that item's constructor throws
  std::size_t read_most = 8;      // items of one read
  whorl::Position first = 0;

  std::string text() const;
};

// First positions from which the numbers come to the ends of their range: where the difference of two would change its
// sign, were it not computed unsigned, and where they wrap.
inline constexpr whorl::Position kAcrossTheSign = (whorl::Position{1} << 63) - 2;
inline constexpr whorl::Position kAcrossTheEnd = whorl::Position{0} - 2;

inline std::string Plan::text() const {
  std::string text = "capacity " + std::to_string(capacity) + ", " + std::to_string(producers) +
                     (producers == 1 ? " producer x " : " producers x ") + std::to_string(items);
  if (batch != 1) text += " in batches of " + std::to_string(batch);
  if (prefilled != 0) text += " behind " + std::to_string(prefilled);
  if (!patient) text += ", one try each";
  if (!concurrent_reader) text += ", read afterwards";
  if (first != 0) text += ", from " + model::show(first);
  return text;
}

/// A shard, its witness and its calls: every call on the one is told to the others.
template <class Shard>
class Watched {
 public:
  Watched(std::size_t capacity, whorl::Position first) : shard(capacity, first), witness(capacity), calls_(capacity) {}

  /// Writes a prefix of `offers`, in one call. Returns how many of them are done with: written, or, the last one, lost
  /// because its constructor threw.
  std::size_t write(std::span<Offer> offers) {
    const Witness::Attempt attempt = witness.begin_write(offers.size());
    std::uint64_t before = calls_.begin();
    std::size_t building = 0;
    try {
      const std::size_t accepted = shard.try_fill(offers.size(), [&](std::size_t k) -> Offer&& {
        building = k;
        return std::move(offers[k]);
      });
      witness.end_write(attempt, offers, accepted);
      for (const Offer& offer : offers.first(accepted)) calls_.end(before, Calls::Kind::write, name(offer));
      if (accepted < offers.size() && !witness.is_closing()) calls_.end(before, Calls::Kind::refusal);
      model::note("wrote", accepted);
      return accepted;
    } catch (const ElementError&) {
      // What was claimed behind the one that threw is lost with it, or forgotten. (Plans leave room for whole batches
      // where something throws.)
      calls_.give_up();
      witness.end_throw(attempt, offers, building, Shard::Claim::kShared ? offers.size() - building : 0);
      model::note("threw after", building);
      return building + 1;
    }
  }

  std::size_t read(std::size_t most) {
    return read(most, [](const auto&) {});
  }
  /// The consumer's function does then(item), which may throw.
  template <class Then>
  std::size_t read(std::size_t most, Then&& then) {
    std::uint64_t before = calls_.begin();
    items_.clear();
    const auto use = [&](auto& item) {
      model::note("reads item", item.number());
      witness.deliver(item);
      items_.push_back(name(Offer{item.producer(), item.number()}));
      then(item);
    };
    try {
      const std::size_t n = shard.try_consume(use, most);
      end_read(before);
      if (n < most) calls_.end(before, Calls::Kind::empty);
      return n;
    } catch (const ElementError&) {
      end_read(before);
      throw;
    }
  }

  /// After the threads: reads what is left and settles.
  void finish() {
    while (read(shard.capacity()) != 0) {
    }
    witness.settle(shard.stats());
    calls_.settle();
  }

  Shard shard;
  Witness witness;

 private:
  void end_read(std::uint64_t& before) {
    witness.end_read();
    for (const std::uint64_t item : items_) calls_.end(before, Calls::Kind::read, item);
  }
  static std::uint64_t name(const Offer& offer) noexcept { return std::uint64_t{offer.producer} << 32 | offer.number; }

  Calls calls_;
  std::vector<std::uint64_t> items_;  // of the read that is under way
};

/// The scenario: producers are threads 0, 1, ... and the consumer is the last one.
template <class Shard>
class Traffic : public model::Scenario {
 public:
  explicit Traffic(const Plan& plan) : plan_(plan), ring_(plan.capacity, plan.first) {
    for (std::size_t i = 0; i < plan.prefilled; ++i) {
      Offer offer{0, i};
      ring_.write(std::span(&offer, 1));
    }
  }

  std::size_t threads() const override { return plan_.producers + (plan_.concurrent_reader ? 1 : 0); }
  void run(std::size_t thread) override { thread < plan_.producers ? produce(thread) : consume(); }
  void finish() override { ring_.finish(); }

 private:
  void produce(std::size_t producer) {
    const std::size_t begin = producer == 0 ? plan_.prefilled : 0;
    std::vector<Offer> offers;
    for (std::size_t i = 0; i < plan_.items; ++i) {
      offers.push_back({producer, begin + i, (plan_.throwing >> (begin + i) & 1) != 0});
    }
    std::span<Offer> left(offers);
    while (!left.empty()) {
      const std::size_t done = ring_.write(left.first(std::min(plan_.batch, left.size())));
      if (done == 0 && plan_.patient) model::yield();
      left = left.subspan(done == 0 && !plan_.patient ? 1 : done);
    }
  }

  void consume() {
    if (plan_.patient) {
      const std::size_t thrown = static_cast<std::size_t>(std::popcount(plan_.throwing)) * plan_.producers;
      const std::size_t all = plan_.prefilled + plan_.producers * plan_.items - thrown;
      while (ring_.witness.delivered() != all) {
        if (ring_.read(plan_.read_most) == 0) model::yield();
      }
    } else {
      for (std::size_t i = 0; i < plan_.items; ++i) ring_.read(plan_.read_most);
    }
  }

  Plan plan_;
  Watched<Shard> ring_;
};

/// The consumer reads one item of a full shard and says so; whoever hears of it finds room at once.
template <class Shard>
class RoomIsBack : public model::Scenario {
 public:
  explicit RoomIsBack(std::size_t capacity) : ring_(capacity, 0) {
    for (std::size_t i = 0; i < capacity; ++i) write(i);
  }

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      while (!told_.load(model::Order::acquire)) model::yield();
      write(ring_.shard.capacity());  // the witness knows that there is room
    } else {
      ring_.read(1);
      told_.store(true, model::Order::release);
    }
  }
  void finish() override { ring_.finish(); }

 private:
  void write(std::size_t number) {
    Offer offer{0, number};
    ring_.write(std::span(&offer, 1));
  }

  Watched<Shard> ring_;
  model::Atomic<bool> told_{false, "told"};
};
