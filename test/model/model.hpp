#pragma once
// The explorer, as a model program needs it. README.md shows how to write one.

#include "atomic.hpp"
#include "suite.hpp"
