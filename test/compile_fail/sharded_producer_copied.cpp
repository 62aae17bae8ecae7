// refused: (deleted function|implicitly.deleted|deleted constructor)

#include <utility>
#include <whorl/whorl.hpp>

using Producer = whorl::Disruptor<int, whorl::Sharded<whorl::Exclusive>>::Producer;

#ifdef MISUSE
Producer second(Producer& producer) { return Producer(producer); }
#else
Producer second(Producer& producer) { return Producer(std::move(producer)); }
#endif
