// The threads that sockets live on: servers and clients share them (kube/http/io).
#pragma once

#include "kube/http/io/io_context.h"  // IWYU pragma: export
