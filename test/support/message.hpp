#pragma once
// The sentence with which a call refuses.

#include <stdexcept>
#include <string>

namespace whorl_test {

/// What the std::invalid_argument says that `call` throws; "accepted" if it throws none.
template <class Call>
std::string refusal_of(Call&& call) {
  try {
    call();
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
  return "accepted";
}

}  // namespace whorl_test
