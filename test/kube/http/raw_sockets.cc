#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "test/kube/http/http_world.h"

// cpprestsdk makes one object a process that it never frees.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libcpprest.so"; }

namespace stowage::kube {
namespace {

void Patient(int fd) {
  const timeval patience{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

RawServer::RawServer(std::function<void(int, int)> serve) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(listener_, 16), 0);
  socklen_t size = sizeof(address);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, serve = std::move(serve)] {
    for (int i = 0;; ++i) {
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      Patient(fd);
      serve(fd, i);
      close(fd);
    }
  });
}

RawServer::~RawServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string RawServer::ReadHead(int fd) {
  std::string all;
  char buffer[4096];
  while (all.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
    if (n <= 0) break;
    all.append(buffer, n);
  }
  return all;
}

void RawServer::Write(int fd, const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return;
    done += n;
  }
}

std::string RawExchange(uint16_t port, const std::string& bytes, const std::string& until) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  Patient(fd);
  sockaddr_in address = Loopback(port);
  std::string all;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    RawServer::Write(fd, bytes);
    char buffer[4096];
    while (until.empty() || all.find(until) == std::string::npos) {
      const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      all.append(buffer, n);
    }
  }
  close(fd);
  return all;
}

}  // namespace stowage::kube
