#include "search.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace model {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

// An execution repeated decision by decision took another course: nothing the explorer could say would be true.
[[noreturn]] void not_deterministic() {
  std::fputs("model: the same decisions led elsewhere: a scenario depends on nothing but its threads' operations\n",
             stderr);
  std::abort();
}

}  // namespace

std::string Search::path() const {
  std::string path;
  for (const Decision& decision : path_) path += kDigits[decision.taken];
  path.erase(path.find_last_not_of('0') + 1);
  return path;
}

void DepthFirst::begin() {
  prefix_.swap(path_);
  path_.clear();
}

std::size_t DepthFirst::decide(std::size_t options) {
  if (path_.size() >= prefix_.size()) return 0;
  const Decision& decision = prefix_[path_.size()];
  if (decision.options != options) not_deterministic();
  return decision.taken;
}

bool DepthFirst::advance() {
  while (!path_.empty() && path_.back().taken + 1u == path_.back().options) path_.pop_back();
  exhausted_ = path_.empty();
  if (!exhausted_) ++path_.back().taken;
  return !exhausted_;
}

// SplitMix64 (Steele, Lea, Flood, 2014).
std::uint64_t Random::draw() noexcept {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void Pct::begin() {
  Random::begin();
  longest_ = std::max(longest_, decisions_);
  decisions_ = 0;
  lowest_ = 0;
  for (std::int64_t& priority : priority_) priority = static_cast<std::int64_t>(draw() >> 1);
  for (std::size_t& change : changes_) change = static_cast<std::size_t>(draw() % longest_);
}

std::size_t Pct::decide_thread(std::span<const std::size_t> threads) {
  const auto highest = [&] {
    const auto less = [&](std::size_t a, std::size_t b) { return priority_[a] < priority_[b]; };
    return static_cast<std::size_t>(std::ranges::max_element(threads, less) - threads.begin());
  };
  for (const std::size_t change : changes_) {
    if (change == decisions_) priority_[threads[highest()]] = --lowest_;
  }
  ++decisions_;
  return highest();
}

std::size_t Replay::decide(std::size_t options) {
  if (path_.size() >= wanted_.size()) return 0;
  const std::size_t taken = kDigits.find(wanted_[path_.size()]);
  if (taken >= options) not_deterministic();
  return taken;
}

}  // namespace model
