// refused: nodiscard|unused-result
// with: -Werror=unused-result -Werror=unused-value

#include <whorl/whorl.hpp>

#ifdef MISUSE
#define RESULT_OF(call) call
#else
#define RESULT_OF(call) (void)call
#endif

void write(whorl::ShardedRing<int>& ring) { RESULT_OF(ring.write_for(0, 1, std::chrono::seconds(1))); }
