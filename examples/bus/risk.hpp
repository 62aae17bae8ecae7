#pragma once
// Risk: who may send an order. It needs all topics in one order: whether a fill comes before an order or after it decides
// about that order.

#include <array>
#include <cstdint>
#include <cstdlib>

#include "events.hpp"

namespace orders {

class Risk {
 public:
  void operator()(Order& order) {
    Account& account = accounts_[order.account];
    const std::int64_t signed_quantity = order.side == Side::buy ? order.quantity : -order.quantity;
    const std::int64_t worst = std::abs(account.position + signed_quantity) + account.open;
    order.verdict = worst <= account.most ? Verdict::accepted : Verdict::refused;
    if (order.verdict == Verdict::accepted) account.open += order.quantity;
    (order.verdict == Verdict::accepted ? accepted : refused) += 1;
  }
  void operator()(const Fill& fill) {
    accounts_[fill.buyer].position += fill.quantity;
    accounts_[fill.seller].position -= fill.quantity;
    accounts_[fill.buyer].open -= fill.quantity;
    accounts_[fill.seller].open -= fill.quantity;
  }
  void operator()(const Limit& limit) { accounts_[limit.account].most = limit.most; }

  void add_to(Hash& hash) const {
    for (const Account& account : accounts_) {
      hash.add(static_cast<std::uint64_t>(account.position));
      hash.add(static_cast<std::uint64_t>(account.open));
      hash.add(static_cast<std::uint64_t>(account.most));
    }
  }

  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;

 private:
  struct Account {
    std::int64_t position = 0;
    std::int64_t open = 0;  // accepted, and not filled yet
    std::int64_t most = 5'000;
  };

  std::array<Account, kAccounts> accounts_{};
};

}  // namespace orders
