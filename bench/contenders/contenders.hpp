#pragma once
// Every contender. One whose library is missing is a placeholder derived from Absent.

#include "absl.hpp"
#include "boost.hpp"
#include "dpdk.hpp"
#include "libcds.hpp"
#include "moodycamel.hpp"
#include "mutex.hpp"
#include "tbb.hpp"
#include "urcu.hpp"
#include "whorl.hpp"
