// refused: nodiscard|unused-result
// with: -Werror=unused-result -Werror=unused-value

#include <whorl/whorl.hpp>

#ifdef MISUSE
#define RESULT_OF(call) call
#else
#define RESULT_OF(call) (void)call
#endif

void write(whorl::ShardedRing<int, whorl::Exclusive>::Lease& lease) { RESULT_OF(lease.write(1)); }
