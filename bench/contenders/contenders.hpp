#pragma once
// Every contender. One whose library is missing is a placeholder derived from Absent.

#include "boost.hpp"
#include "dpdk.hpp"
#include "moodycamel.hpp"
#include "whorl.hpp"
