// A handler that throws. Its on_error says what becomes of the event: skip it, try it again, or halt, which is what happens
// without an on_error. A halt closes the Disruptor, so that nobody waits for a dead handler, and join() throws the error.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <whorl/whorl.hpp>

struct Message {
  std::uint64_t number = 0;
};

// Every tenth message cannot be read. That is nobody's fault: it counts as handled.
struct Skips {
  std::uint64_t& good;
  std::uint64_t& bad;

  void operator()(const Message& message) {
    if (message.number % 10 == 9) throw std::runtime_error("not a message");
    ++good;
  }
  whorl::ErrorAction on_error(const std::exception_ptr&, Message*, whorl::SequenceNumber) noexcept {
    ++bad;
    return whorl::ErrorAction::skip;
  }
};

// The network fails twice at each message. After three times it would be given up.
struct Retries {
  std::uint64_t& sent;
  std::uint64_t& failures;
  int attempt = 0;

  void operator()(const Message&) {
    if (attempt++ < 2) throw std::runtime_error("connection reset");
    attempt = 0;
    ++sent;
  }
  whorl::ErrorAction on_error(const std::exception_ptr&, Message*, whorl::SequenceNumber) noexcept {
    ++failures;
    return attempt <= 3 ? whorl::ErrorAction::retry : whorl::ErrorAction::halt;
  }
};

// Publishes as many of `messages` as are taken. False: the Disruptor was closed before.
bool publish(whorl::Disruptor<Message>& d, std::uint64_t messages) {
  auto producer = d.producer();
  for (std::uint64_t i = 0; i < messages; ++i) {
    if (producer.publish([&](Message& message) { message.number = i; }) != whorl::PublishResult::ok) return false;
  }
  return true;
}

bool skip_and_retry() {
  constexpr std::uint64_t kMessages = 1'000;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t sent = 0;
  std::uint64_t failures = 0;
  whorl::Disruptor<Message> d({.capacity = 64});
  d.handle(Skips{good, bad});
  d.handle(Retries{sent, failures});
  d.start();
  const bool all = publish(d, kMessages);
  d.close();
  d.join();
  std::printf("skip: %llu handled, %llu skipped; retry: %llu sent, %llu failures\n",
              static_cast<unsigned long long>(good), static_cast<unsigned long long>(bad),
              static_cast<unsigned long long>(sent), static_cast<unsigned long long>(failures));
  return all && good == 900 && bad == 100 && sent == kMessages && failures == 2 * kMessages;
}

bool halt() {
  constexpr std::uint64_t kFatal = 100;
  std::uint64_t handled = 0;
  std::uint64_t beside = 0;
  whorl::Disruptor<Message> d({.capacity = 64});
  d.handle([&](const Message& message) {
    if (message.number == kFatal) throw std::runtime_error("the disk is full");
    ++handled;
  });
  d.handle([&](const Message&) { ++beside; });
  d.start();
  const bool all = publish(d, 1'000'000);  // ends early: `closed`
  try {
    d.join();
  } catch (const std::runtime_error& error) {
    // Others, unless they come after the dead one, have handled everything that was published.
    std::printf("halt: after %llu messages, and %llu beside it: %s\n", static_cast<unsigned long long>(handled),
                static_cast<unsigned long long>(beside), error.what());
    return !all && handled == kFatal && beside > kFatal && d.is_closed();
  }
  return false;
}

int main() { return skip_and_retry() && halt() ? 0 : 1; }
