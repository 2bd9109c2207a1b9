#include "app/lib/heap.h"

#include <malloc.h>

namespace stowage::app {

void KeepHeapSmall() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);  // also keeps the threshold of mmap where it is
}

}  // namespace stowage::app
