#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "kube/http/io/socket.h"
#include "kube/http/io/strand_impl.h"

namespace stowage::kube::io {

void Resolve(StrandPtr strand, const std::string& host, uint16_t port,
             std::function<void(Result<std::vector<Endpoint>>)> done) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(host, ec);
  if (!ec) {
    return strand->Post([host, port, done] { done(std::vector<Endpoint>{{host, port}}); });
  }
  auto resolver =
      std::make_shared<boost::asio::ip::basic_resolver<boost::asio::ip::tcp, AsioStrand>>(
          strand->impl().strand);
  resolver->async_resolve(
      host, std::to_string(port), boost::asio::ip::resolver_base::numeric_service,
      [resolver, strand, host, port, done](
          boost::system::error_code why, const boost::asio::ip::tcp::resolver::results_type& all) {
        if (why) {
          return done(MakeError(ErrorCode::kUnavailable,
                                "cannot resolve host name " + host + ": " + why.message()));
        }
        std::vector<Endpoint> endpoints;
        for (const auto& e : all) endpoints.push_back({e.endpoint().address().to_string(), port});
        done(std::move(endpoints));
      });
}

}  // namespace stowage::kube::io
