#include "../flow_hash.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "bytes_writer.hpp"

namespace {

using namespace packets;
using Memory = std::vector<std::byte>;

constexpr std::uint32_t kEthernet = 1;

struct Ends {
  unsigned source;  // last byte of the address
  unsigned destination;
  unsigned source_port;
  unsigned destination_port;
  Ends reversed() const { return {destination, source, destination_port, source_port}; }
};
constexpr Ends kEnds{1, 2, 40000, 443};

Memory ports(const Ends& ends) {
  return BytesWriter().u16(ends.source_port).u16(ends.destination_port).fill(16, 0).bytes();
}

Memory ipv4(const Ends& ends, unsigned protocol = 6, unsigned fragment = 0, std::size_t option_words = 0) {
  const auto words = static_cast<unsigned>(5 + option_words);
  return BytesWriter()
      .u8(0x40 + words)
      .fill(5, 0)
      .u16(fragment)
      .u8(64)
      .u8(protocol)
      .u16(0)
      .all({10, 0, 0, ends.source, 10, 0, 0, ends.destination})
      .fill(4 * option_words, 1)
      .append(ports(ends))
      .bytes();
}

Memory ipv6(const Ends& ends, unsigned protocol = 17, const Memory& extensions = {}) {
  return BytesWriter()
      .u8(0x60)
      .fill(5, 0)
      .u8(protocol)
      .u8(64)
      .fill(15, 0x20)
      .u8(ends.source)
      .fill(15, 0x20)
      .u8(ends.destination)
      .append(extensions)
      .append(ports(ends))
      .bytes();
}

Memory ethernet(unsigned type, const Memory& payload, const Memory& tags = {}) {
  return BytesWriter().fill(6, 0xd0).fill(6, 0x50).append(tags).u16(type).append(payload).bytes();
}

std::uint64_t hash_ipv4(const Memory& packet) { return flow_hash(ethernet(0x0800, packet), kEthernet); }
std::uint64_t hash_ipv6(const Memory& packet) { return flow_hash(ethernet(0x86dd, packet), kEthernet); }

}  // namespace

TEST_CASE("flow_hash: both directions of a flow are one") {
  for (const unsigned protocol : {6u, 17u, 132u, 1u}) {
    CHECK(hash_ipv4(ipv4(kEnds, protocol)) == hash_ipv4(ipv4(kEnds.reversed(), protocol)));
    CHECK(hash_ipv6(ipv6(kEnds, protocol)) == hash_ipv6(ipv6(kEnds.reversed(), protocol)));
  }
}

TEST_CASE("flow_hash: another address, port or protocol is another flow") {
  const std::set<std::uint64_t> hashes{
      hash_ipv4(ipv4(kEnds, 6)),
      hash_ipv4(ipv4(kEnds, 17)),
      hash_ipv4(ipv4({3, 2, 40000, 443}, 6)),
      hash_ipv4(ipv4({1, 3, 40000, 443}, 6)),
      hash_ipv4(ipv4({1, 2, 40001, 443}, 6)),
      hash_ipv4(ipv4({1, 2, 40000, 80}, 6)),
      hash_ipv4(ipv4({1, 2, 443, 40000}, 6)),  // the ports have changed hands, the addresses have not
      hash_ipv6(ipv6(kEnds, 6)),
  };
  CHECK(hashes.size() == 8);
}

TEST_CASE("flow_hash: a protocol without ports is told by its addresses alone") {
  CHECK(hash_ipv4(ipv4({1, 2, 7, 8}, 1)) == hash_ipv4(ipv4({1, 2, 9, 9}, 1)));
}

TEST_CASE("flow_hash: all fragments of a datagram are one flow, though only the first has ports") {
  constexpr unsigned kMoreFragments = 0x2000;
  CHECK(hash_ipv4(ipv4({1, 2, 7, 8}, 17, kMoreFragments)) == hash_ipv4(ipv4({1, 2, 9, 9}, 17, 185)));
  const Memory fragment = BytesWriter().u8(17).fill(7, 0).bytes();
  CHECK(hash_ipv6(ipv6({1, 2, 7, 8}, 44, fragment)) == hash_ipv6(ipv6({1, 2, 9, 9}, 44, fragment)));
}

TEST_CASE("flow_hash: options, extension headers and VLAN tags do not hide the ports") {
  CHECK(hash_ipv4(ipv4(kEnds)) == hash_ipv4(ipv4(kEnds, 6, 0, 3)));
  const Memory extensions = BytesWriter().u8(60).u8(1).fill(14, 0).u8(17).u8(0).fill(6, 0).bytes();
  CHECK(hash_ipv6(ipv6(kEnds, 17)) == hash_ipv6(ipv6(kEnds, 0, extensions)));
  const Memory tags = BytesWriter().u16(0x88a8).u16(5).u16(0x8100).u16(6).bytes();
  CHECK(hash_ipv4(ipv4(kEnds)) == flow_hash(ethernet(0x0800, ipv4(kEnds), tags), kEthernet));
}

TEST_CASE("flow_hash: a flow is the same behind every link layer") {
  const std::uint64_t hash = hash_ipv4(ipv4(kEnds));
  CHECK(flow_hash(ipv4(kEnds), 101) == hash);
  CHECK(flow_hash(ipv4(kEnds), 228) == hash);
  CHECK(flow_hash(BytesWriter().u32(2).append(ipv4(kEnds)).bytes(), 0) == hash);
  CHECK(flow_hash(BytesWriter().fill(14, 1).u16(0x0800).append(ipv4(kEnds)).bytes(), 113) == hash);
  CHECK(flow_hash(BytesWriter().u16(0x0800).fill(18, 1).append(ipv4(kEnds)).bytes(), 276) == hash);
  CHECK(flow_hash(ipv6(kEnds), 229) == hash_ipv6(ipv6(kEnds)));
}

TEST_CASE("flow_hash: what is not IP is told by type and link-layer addresses") {
  const Memory payload(28);
  CHECK(flow_hash(ethernet(0x0806, payload), kEthernet) != flow_hash(ethernet(0x88cc, payload), kEthernet));
  const Memory other = BytesWriter().fill(6, 0xd0).fill(6, 0x51).u16(0x0806).append(payload).bytes();
  CHECK(flow_hash(ethernet(0x0806, payload), kEthernet) != flow_hash(other, kEthernet));
}

TEST_CASE("flow_hash: frames with a length in the place of a type are one flow, whatever their length") {
  CHECK(flow_hash(ethernet(38, Memory(38)), kEthernet) == flow_hash(ethernet(100, Memory(100)), kEthernet));
  CHECK(flow_hash(ethernet(38, Memory(38)), kEthernet) != flow_hash(ethernet(0x0806, Memory(38)), kEthernet));
}

TEST_CASE("flow_hash: an address is another one when any of its bytes is") {
  std::set<std::uint64_t> hashes;
  for (std::size_t at = 8; at < 40; ++at) {
    Memory packet = ipv6(kEnds);
    packet[at] ^= std::byte{1};
    hashes.insert(hash_ipv6(packet));
  }
  CHECK(hashes.size() == 32);
}

TEST_CASE("flow_hash: many flows are spread evenly over 4 producers") {
  std::size_t counts[4] = {};
  for (unsigned port = 1024; port < 5024; ++port) ++counts[hash_ipv4(ipv4({1, 2, port, 443})) % 4];
  for (const std::size_t count : counts) {
    CHECK(count > 900);  // 1,000 expected, with a standard deviation of 27
    CHECK(count < 1100);
  }
}

// For the address sanitiser: each vector ends where its allocation does.
TEST_CASE("flow_hash: a packet cut anywhere, or of random bytes, has a flow and always the same") {
  const Memory extensions = BytesWriter().u8(60).u8(1).fill(14, 0).u8(17).u8(0).fill(6, 0).bytes();
  std::vector<Memory> packets{ethernet(0x0800, ipv4(kEnds, 6, 0, 10)), ethernet(0x86dd, ipv6(kEnds, 0, extensions))};
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    Memory noise(random() % 80);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    packets.push_back(ethernet(0x0800, noise));
    packets.push_back(ethernet(0x86dd, noise));
    packets.push_back(noise);
  }
  for (const Memory& packet : packets) {
    for (std::size_t size = 0; size <= packet.size(); ++size) {
      const Memory part(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      for (const std::uint32_t link_type : {0u, 1u, 12u, 101u, 113u, 228u, 229u, 276u, 147u}) {
        const Memory copy = part;
        REQUIRE(flow_hash(part, link_type) == flow_hash(copy, link_type));
      }
    }
  }
}
