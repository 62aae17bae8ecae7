#pragma once
// Engine: the book, and what meets in it.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>

#include "events.hpp"

namespace orders {

/// Best price first, then whoever came first. What it fills goes to fill(const Fill&).
class Engine {
 public:
  template <class F>
  void match(const Order& order, F&& fill) {
    if (order.verdict != Verdict::accepted) return;
    Resting rest{order.id, order.account, order.quantity};
    Levels& others = order.side == Side::buy ? sells_ : buys_;
    while (rest.quantity != 0 && !others.empty()) {
      auto& [key, level] = *others.begin();
      const std::int32_t price = order.side == Side::buy ? key : -key;
      if (order.side == Side::buy ? price > order.price : price < order.price) break;
      meet(order, rest, level.front(), price, fill);
      if (level.front().quantity == 0) level.pop_front();
      if (level.empty()) others.erase(others.begin());
    }
    if (rest.quantity == 0) return;
    if (order.side == Side::buy) {
      buys_[-order.price].push_back(rest);
    } else {
      sells_[order.price].push_back(rest);
    }
  }

  void add_to(Hash& hash) const {
    for (const Levels* side : {&buys_, &sells_}) {
      for (const auto& [price, level] : *side) {
        for (const Resting& rest : level) {
          hash.add(static_cast<std::uint64_t>(price));
          hash.add(rest.id);
          hash.add(static_cast<std::uint64_t>(rest.quantity));
        }
      }
    }
  }

 private:
  struct Resting {
    std::uint64_t id;
    std::uint32_t account;
    std::int32_t quantity;
  };
  using Levels = std::map<std::int32_t, std::deque<Resting>>;  // of buys by the price's negative: the best is the first

  template <class F>
  static void meet(const Order& order, Resting& rest, Resting& other, std::int32_t price, F& fill) {
    const std::int32_t quantity = std::min(rest.quantity, other.quantity);
    const bool buys = order.side == Side::buy;
    fill(Fill{.order = rest.id,
              .resting = other.id,
              .buyer = buys ? rest.account : other.account,
              .seller = buys ? other.account : rest.account,
              .price = price,
              .quantity = quantity});
    rest.quantity -= quantity;
    other.quantity -= quantity;
  }

  Levels buys_;
  Levels sells_;
};

}  // namespace orders
