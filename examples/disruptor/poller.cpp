// A poller: events for a thread that has a loop of its own already, say a game's or a socket's. It asks when it likes, never
// waits, and takes as many as it likes. Producers wait for it as for any handler, so it must go on asking.

#include <cstdint>
#include <cstdio>
#include <thread>
#include <whorl/whorl.hpp>

struct Input {
  std::uint64_t key = 0;
};

int main() {
  constexpr std::uint64_t kInputs = 20'000;
  constexpr std::size_t kMost = 64;  // a frame: then there is other work to do

  whorl::Disruptor<Input> d({.capacity = 256});
  const auto journal = d.handle([](const Input&) {}, {.name = "journal"});
  auto poller = d.poller({.name = "game", .after = {journal}});  // it has no thread: this one asks
  d.start();

  std::thread keyboard([&] {
    auto producer = d.producer();
    for (std::uint64_t i = 0; i < kInputs; ++i) {
      (void)producer.publish([&](Input& input) { input.key = i; });  // the count below would show it
    }
    d.close();
  });

  std::uint64_t seen = 0;
  std::uint64_t wrong = 0;
  std::size_t largest = 0;
  std::uint64_t frames = 0;
  for (whorl::Backoff idle;; ++frames) {
    std::size_t inputs = 0;
    const whorl::PollState state = poller.poll(
        [&](const Input& input) {
          wrong += input.key != seen++;
          ++inputs;
        },
        kMost);
    if (inputs > largest) largest = inputs;
    // Not seen here: `idle`, nothing was published; `gating`, something was, but the journal is not so far.
    if (state == whorl::PollState::closed) break;  // nothing will come any more
    if (state == whorl::PollState::processing) idle.reset();
    idle.snooze();  // the rest of the loop: draw the picture, look at the socket
  }
  keyboard.join();
  d.join();

  std::printf("%llu inputs in %llu frames, at most %zu in one\n", static_cast<unsigned long long>(seen),
              static_cast<unsigned long long>(frames), largest);
  return seen == kInputs && wrong == 0 && largest <= kMost ? 0 : 1;
}
