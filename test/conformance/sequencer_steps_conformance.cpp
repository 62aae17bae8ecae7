// The rows of SequencerTest that count how often somebody is woken: with the seam that counts.

#include "common.hpp"

using namespace whorl_test;
using whorl::SequenceBarrier;
namespace seam = whorl::sync;

namespace {

// How often publishing n at once wakes somebody who sleeps, and then once more when nobody does.
template <class S>
std::vector<int> wakes_of(std::size_t n) {
  seam::start_over();
  S sequencer(16);
  SequenceBarrier barrier(sequencer);
  std::vector<int> wakes;
  seam::on_park = [&] {
    publish(sequencer, n);
    wakes.push_back(seam::wakes);
  };
  const auto last = static_cast<whorl::SequenceNumber>(n) - 1;
  CHECK(barrier.wait_for(last).sequence == last);
  publish(sequencer, n);
  wakes.push_back(seam::wakes);
  return wakes;
}

}  // namespace

TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotifyWaitStrategyOnPublish: who sleeps is woken, by one wake-up", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  CHECK(wakes_of<S>(1) == std::vector<int>{1, 1});
}
TEST_CASE_TEMPLATE("lmax: SequencerTest.shouldNotifyWaitStrategyOnPublishBatch: one wake-up for all of a batch", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  CHECK(wakes_of<S>(4) == std::vector<int>{1, 1});
}
