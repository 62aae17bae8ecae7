#pragma once
// What the command line asks for.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include <whorl/ring/write_policy.hpp>

namespace packets {

enum class From : std::uint8_t { file, live, generator };

/// What happens to a packet for which there is no room.
enum class WhenFull : std::uint8_t {
  block,     ///< its producer waits
  drop_new,  ///< it is dropped
  drop_old,  ///< the oldest packet of its producer that the consumer has not read yet is dropped in its stead
};

/// All values are legal, and those left to the program are chosen: parse_options() has seen to that.
struct Options {
  From from = From::file;
  std::string input;  ///< the file, the interface, or "generated"

  // --in
  std::uint64_t loops = 1;
  double time_scale = 0;          ///< --speed 2x: twice as fast as it was captured; 0: not paced by the capture's clock
  double packets_per_second = 0;  ///< --speed 50000pps: all producers together; 0: not paced like that

  // --live
  std::string filter;                      ///< as tcpdump has it; empty: everything
  std::uint32_t snap = 65535;              ///< bytes of each packet that are captured
  std::uint64_t kernel_buffer = 64 << 20;  ///< bytes, of each handle

  // --generate
  double bits_per_second = 0;  ///< payload of each producer; 0: as fast as it can
  std::uint32_t payload = 1450;
  std::uint64_t seed = 1;
  double gap_share = 0;        ///< of the orders, those that are never sent
  double duplicate_share = 0;  ///< of the orders, those that are sent twice

  // the ring
  std::uint32_t producers = 4;
  std::size_t shards = 4;
  std::size_t capacity = 4096;  ///< slots, over all shards
  WhenFull full = WhenFull::block;
  std::string strategy = "park";  ///< the name of `policy`
  whorl::WritePolicy policy;      ///< how a producer waits that finds no room; max_backoffs 0 where it blocks

  // the consumers
  bool graph = false;                    ///< stages that each see every packet, instead of one consumer
  std::chrono::nanoseconds tick{0};      ///< it reads so often; 0: whenever there is something
  std::size_t window = 8192;             ///< packets that may wait for one before them
  std::chrono::nanoseconds deadline{0};  ///< how long they may; 0: as long as it takes

  std::chrono::nanoseconds duration{0};  ///< 0: until the source ends or SIGINT comes
  std::chrono::nanoseconds stats_interval = std::chrono::seconds(1);
  bool quiet = false;    ///< no status line; nothing on standard output
  std::string pcap_out;  ///< empty: no copy is written
  std::string json;      ///< empty: no report is written
  std::string html;      ///< empty: no page is written
};

/// Every packet that was numbered comes, sooner or later: the consumer need not give any of them up.
inline bool nothing_is_lost(const Options& options) {
  return options.from != From::live && options.full == WhenFull::block && options.gap_share == 0 &&
         options.deadline.count() == 0;
}

/// What the ring should hold so that a consumer that reads once a tick finds it at most half full: packets of a tick,
/// times `multiplier`, at least 64, the next power of two. Of a payload of no bytes or a rate without limit: 65536.
std::size_t automatic_capacity(std::uint32_t producers, double bits_per_second, std::uint32_t payload,
                               std::chrono::nanoseconds tick, double multiplier);

/// What `arguments`, those behind the program's name, ask for. Ends the program with status 0 when that is help.
///
/// Errors:  std::invalid_argument when they are wrong: the flag, its value, what is legal.
Options options_of(const std::vector<std::string>& arguments);

/// As above, but ends the program with status 1 and the message when the command line is wrong.
Options parse_options(int argc, char** argv);

}  // namespace packets
