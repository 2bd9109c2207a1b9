// What a long-lived process asks of the C library's heap.
#pragma once

namespace stowage::app {

// Call first in main(). Documents are decoded in one thread and freed in another, and lists come in
// pages of megabytes: with the library's own settings (an arena for each thread, a growing
// threshold for what is given back) a process that has read 5,000 pods holds 153 MB, with these 90.
void KeepHeapSmall();

}  // namespace stowage::app
