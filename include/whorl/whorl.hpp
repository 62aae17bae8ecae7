#pragma once
// All of whorl.

#include <whorl/ring/sharded_ring.hpp>
#include <whorl/sync/topology.hpp>
#include <whorl/version.hpp>
#include <whorl/wait/backoff.hpp>
#include <whorl/wait/edge.hpp>
