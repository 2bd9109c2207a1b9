#include "sim/cluster/http_page.h"

#include <algorithm>
#include <charconv>

namespace stowage::sim {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The value of a header, by its name in lower case; "" if it is not there.
std::string Header(std::string_view request, const std::string& name) {
  const std::string head = Lower(request.substr(0, request.find("\r\n\r\n")));
  const size_t at = head.find("\r\n" + name + ":");
  if (at == std::string::npos) return "";
  const size_t start = at + name.size() + 3;
  const std::string value = head.substr(start, head.find("\r\n", start) - start);
  return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string Page(const PodIdentity& id, std::string_view container, int port, bool html) {
  const std::string lines[][2] = {{"pod", id.ns + "/" + id.pod},
                                  {"container", std::string(container)},
                                  {"cluster", id.cluster},
                                  {"node", id.node},
                                  {"address", id.ip + ":" + std::to_string(port)}};
  std::string out;
  for (const auto& [name, value] : lines) {
    out += html ? "<tr><th>" + name + "</th><td>" + Escape(value) + "</td></tr>\n"
                : name + ": " + value + "\n";
  }
  if (!html) return out;
  return "<!doctype html>\n<title>" + Escape(id.pod) + "</title>\n<h1>Hello from " +
         Escape(id.cluster) + "</h1>\n<table>\n" + out + "</table>\n";
}

}  // namespace

size_t HttpRequestLength(std::string_view buffer) {
  const size_t head = buffer.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  size_t body = 0;
  const std::string length = Header(buffer, "content-length");
  std::from_chars(length.data(), length.data() + length.size(), body);
  const size_t whole = head + 4 + std::min<size_t>(body, 1 << 30);
  return buffer.size() >= whole ? whole : 0;
}

HttpAnswer AnswerHttp(std::string_view request, const PodIdentity& identity,
                      std::string_view container, int port) {
  HttpAnswer answer;
  const std::string_view line = request.substr(0, request.find("\r\n"));
  const size_t first = line.find(' '), last = line.rfind(' ');
  const std::string method(line.substr(0, first));
  std::string_view path =
      first < last ? line.substr(first + 1, last - first - 1) : std::string_view();
  path = path.substr(0, path.find('?'));
  const bool valid = first != std::string_view::npos && first < last &&
                     line.substr(last + 1).starts_with("HTTP/1.");
  const bool html = Header(request, "accept").find("text/html") != std::string::npos;
  const char* reason = "OK";
  if (!valid) {
    answer.status = 400;
    reason = "Bad Request";
  } else if (method != "GET" && method != "HEAD" && method != "POST") {
    answer.status = 405;
    reason = "Method Not Allowed";
  } else if (path != "/" && path != "/index.html" && path != "/healthz" && path != "/readyz" &&
             path != "/livez") {
    answer.status = 404;
    reason = "Not Found";
  }
  answer.body = answer.status == 200 ? Page(identity, container, port, html)
                                     : std::to_string(answer.status) + " " + reason + "\n";
  answer.close = !valid || line.ends_with("HTTP/1.0") || Header(request, "connection") == "close";
  answer.bytes = "HTTP/1.1 " + std::to_string(answer.status) + " " + reason + "\r\nContent-Type: " +
                 (html && answer.status == 200 ? "text/html" : "text/plain") +
                 "; charset=utf-8\r\nContent-Length: " + std::to_string(answer.body.size()) +
                 (answer.close ? "\r\nConnection: close" : "") + "\r\n\r\n" +
                 (method == "HEAD" ? "" : answer.body);
  answer.log_line = "\"" + std::string(line.substr(0, 200)) + "\" " +
                    std::to_string(answer.status) + " " + std::to_string(answer.body.size());
  return answer;
}

}  // namespace stowage::sim
