// Router: the route table, from method and path to a handler.
//
// A pattern is a path whose parts may be {name} (one part) or, at the end, {name*} (the rest, slashes included: model
// names hold them). Earlier routes win. One trailing slash is ignored.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/responder.h"

namespace hearth::http {

using Handler = std::function<void(const HttpRequest&, Responder)>;

struct Route {
  std::string method;
  std::string pattern;
  Handler handler;
  bool needs_key = true;  // false: answered without an API key (health checks)
};

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string> params;
    std::string allow;  // without a route: the methods that the path has, "GET, HEAD"; "" for an unknown path
  };
  Match match(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace hearth::http
