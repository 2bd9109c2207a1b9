// A watch: a GET whose answer is lines of JSON without end. Internal.
#pragma once

#include <memory>

#include "kube/http/client/client_core.h"

namespace stowage::kube {

// Called on the executor; the sink's contract is that of Transport::Watch().
WatchHandle StartHttpWatch(std::shared_ptr<ClientCore> core, WatchRequest request, WatchSink& sink);

// One line of a watch. An ERROR event is the error it carries.
Result<WatchEvent> ParseWatchLine(std::string_view line);

}  // namespace stowage::kube
