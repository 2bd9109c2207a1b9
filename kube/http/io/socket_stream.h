// A ByteStream over a whole connection, both ways: what is left of HTTP after 101.
#pragma once

#include <string>

#include "kube/client/byte_stream.h"
#include "kube/http/io/socket.h"

namespace stowage::kube::io {

// From any thread. `take` runs on the socket's strand before anything is read, and gives the bytes
// that were read past the head; nothing else may read from the socket afterwards.
ByteStreamPtr MakeSocketStream(SocketPtr socket, std::function<std::string()> take);

}  // namespace stowage::kube::io
