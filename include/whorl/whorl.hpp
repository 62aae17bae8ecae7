#pragma once
// All of whorl.

#include <whorl/bus/event_bus.hpp>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/disruptor.hpp>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/lossy_consumer.hpp>
#include <whorl/disruptor/ordered_event_processor.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/disruptor/sharded_event_poller.hpp>
#include <whorl/disruptor/sharded_event_processor.hpp>
#include <whorl/disruptor/ticket_merge.hpp>
#include <whorl/ring/sharded_ring.hpp>
#include <whorl/sync/thread.hpp>
#include <whorl/sync/topology.hpp>
#include <whorl/version.hpp>
#include <whorl/wait/backoff.hpp>
#include <whorl/wait/edge.hpp>
