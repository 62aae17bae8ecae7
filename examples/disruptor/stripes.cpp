// Work split by stripe: of four handlers each does the work of every fourth account, and passes over the rest. So each account
// has one thread, needs no lock, and keeps its order. Passing over costs nanoseconds: good where the work costs more.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <string>
#include <whorl/whorl.hpp>

constexpr std::size_t kAccounts = 16;
constexpr std::size_t kStripes = 4;

struct Payment {
  std::size_t account = 0;
  std::uint64_t number = 0;  // counted by account
  std::uint64_t amount = 0;
  std::uint64_t balance = 0;  // what the account has after it: its stripe writes this
};

struct Account {
  std::uint64_t payments = 0;
  std::uint64_t balance = 0;
  std::uint64_t out_of_order = 0;
};

int main() {
  constexpr std::uint64_t kPayments = 40'000;
  std::array<Account, kAccounts> accounts;  // of each stripe its own
  std::uint64_t total = 0;

  whorl::Disruptor<Payment> d({.capacity = 1024});
  whorl::NodeGroup stripes;
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
    const auto pay = [&accounts, stripe](Payment& payment) {
      if (payment.account % kStripes != stripe) return;  // another one's
      Account& account = accounts[payment.account];
      account.out_of_order += payment.number != account.payments++;
      payment.balance = account.balance += payment.amount;
    };
    stripes.add(d.handle(pay, {.name = "stripe " + std::to_string(stripe)}));
  }
  // When all stripes have passed an event, one of them has done its work.
  std::uint64_t unpaid = 0;
  d.handle(
      [&](const Payment& payment) {
        total += payment.amount;
        unpaid += payment.balance == 0;
      },
      {.name = "sum", .after = stripes});
  d.start();

  auto producer = d.producer();
  for (std::uint64_t i = 0; i < kPayments; ++i) {
    const auto fill = [&](Payment& payment) {
      payment = {.account = i % kAccounts, .number = i / kAccounts, .amount = i + 1, .balance = 0};
    };
    if (producer.publish(fill) != whorl::PublishResult::ok) return 1;
  }
  d.close();
  d.join();

  std::uint64_t balance = 0;
  std::uint64_t out_of_order = 0;
  for (const Account& account : accounts) {
    balance += account.balance;
    out_of_order += account.out_of_order;
  }
  std::printf("balances %llu, payments %llu, out of order %llu, unpaid %llu\n",
              static_cast<unsigned long long>(balance), static_cast<unsigned long long>(total),
              static_cast<unsigned long long>(out_of_order), static_cast<unsigned long long>(unpaid));
  const bool balances = balance == total && total == kPayments * (kPayments + 1) / 2;
  return balances && out_of_order == 0 && unpaid == 0 ? 0 : 1;
}
