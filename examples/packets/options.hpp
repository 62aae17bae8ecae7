#pragma once
// What the command line asks for.

#include <cstdint>
#include <string>

namespace packets {

struct Options {
  std::string in;
  std::string pcap_out;  ///< empty: no copy is written
  std::string json;      ///< empty: no report is written
  std::uint64_t loops;
  std::uint32_t producers;
  std::size_t shards;
  std::size_t capacity;  ///< slots, over all shards
};

/// Ends the program with status 1 and a message when the command line is wrong, with 0 when it asks for help.
Options parse_options(int argc, char** argv);

}  // namespace packets
