// g++ 12 sees an uninitialised optional in Beast's parser where the sanitizers change what is
// inlined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#include "kube/http/io/message.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>
#include <limits>

namespace stowage::kube::io {
namespace {

namespace http = boost::beast::http;
using Boost_ = boost::beast::string_view;
using ErrorCode_ = boost::beast::error_code;

constexpr uint32_t kHeadMax = 128 << 10;
constexpr size_t kReserveMax = 1 << 20;  // believed of a Content-Length before the bytes are there

std::string_view View(Boost_ s) { return {s.data(), s.size()}; }
std::string Text(Boost_ s) { return std::string(s.data(), s.size()); }

template <bool is_request>
class ParserImpl final : public MessageParser, private http::basic_parser<is_request> {
  using Base = http::basic_parser<is_request>;

 public:
  explicit ParserImpl(boost::optional<uint64_t> max_body, bool no_body) {
    this->header_limit(kHeadMax);
    this->body_limit(max_body);
    this->eager(is_request);
    if (no_body) this->skip(true);
  }

  bool Put(std::string_view bytes, size_t* consumed) override {
    // Beast asserts that the header of the last chunk, once begun, is looked at again only when it
    // may be whole: "0\r\n\r\n". No other chunk is shorter.
    *consumed = 0;
    if (bytes.empty() || (in_chunk_header_ && bytes.size() < 5)) return true;
    ErrorCode_ ec;
    *consumed = Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    in_chunk_header_ = ec == http::error::need_more && Base::is_header_done() && Base::chunked();
    return !ec || ec == http::error::need_more || Refuse(ec);
  }
  void ContinueWithBody() override { this->eager(true); }
  bool PutEnd() override {
    ErrorCode_ ec;
    if (!Base::got_some()) return false;
    Base::put_eof(ec);
    return !ec || Refuse(ec);
  }
  bool head_done() const override { return Base::is_header_done(); }
  bool done() const override { return Base::is_done(); }
  bool keep_alive() const override { return Base::keep_alive(); }

 private:
  bool Refuse(const ErrorCode_& ec) {
    error = ec.message();
    status = 400;
    if (ec == http::error::header_limit) status = 431;
    if (ec == http::error::body_limit) status = 413;
    return false;
  }
  void Take(Boost_ bytes) {
    if (on_body) return on_body(View(bytes));
    body.append(bytes.data(), bytes.size());
  }

  void on_request_impl(http::verb, Boost_ m, Boost_ t, int version, ErrorCode_& ec) override {
    method = Text(m);
    target = Text(t);
    http11 = version >= 11;
    ec = {};
  }
  void on_response_impl(int code, Boost_, int version, ErrorCode_& ec) override {
    status = code;
    http11 = version >= 11;
    ec = {};
  }
  void on_field_impl(http::field, Boost_ name, Boost_ value, ErrorCode_& ec) override {
    headers.Add(Text(name), Text(value));
    ec = {};
  }
  void on_header_impl(ErrorCode_& ec) override { ec = {}; }
  void on_body_init_impl(boost::optional<uint64_t> const& length, ErrorCode_& ec) override {
    if (length && !on_body) body.reserve(std::min<uint64_t>(*length, kReserveMax));
    ec = {};
  }
  size_t on_body_impl(Boost_ bytes, ErrorCode_& ec) override {
    Take(bytes);
    ec = {};
    return bytes.size();
  }
  void on_chunk_header_impl(uint64_t, Boost_, ErrorCode_& ec) override { ec = {}; }
  size_t on_chunk_body_impl(uint64_t, Boost_ bytes, ErrorCode_& ec) override {
    Take(bytes);
    ec = {};
    return bytes.size();
  }
  void on_finish_impl(ErrorCode_& ec) override { ec = {}; }

  bool in_chunk_header_ = false;  // and it needs more bytes
};

}  // namespace

std::unique_ptr<MessageParser> MessageParser::Request(int64_t max_body_bytes) {
  return std::make_unique<ParserImpl<true>>(static_cast<uint64_t>(max_body_bytes), false);
}
std::unique_ptr<MessageParser> MessageParser::Response(bool to_head_request) {
  // No limit; without one at all the parser refuses every Content-Length.
  return std::make_unique<ParserImpl<false>>(std::numeric_limits<uint64_t>::max(), to_head_request);
}

bool IsJson(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  std::string lower(type);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return lower == "application/json" || lower.ends_with("+json");
}

std::string_view ReasonPhrase(int status) {
  return View(http::obsolete_reason(static_cast<http::status>(status)));
}

}  // namespace stowage::kube::io
