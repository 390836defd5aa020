#include "http/router.h"

#include <algorithm>
#include <optional>

namespace hearth::http {
namespace {

using Params = std::map<std::string, std::string>;

std::string_view next_part(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path.remove_prefix(std::min(path.size(), part.size() + 1));
  return part;
}

std::optional<Params> match_pattern(std::string_view pattern, std::string_view path) {
  Params params;
  pattern.remove_prefix(1);
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  while (!pattern.empty() && !path.empty()) {
    if (pattern.ends_with("*}") && pattern.starts_with('{') && pattern.find('/') == std::string_view::npos) {
      params[std::string(pattern.substr(1, pattern.size() - 3))] = percent_decode(path);
      return params;
    }
    const std::string_view expected = next_part(pattern);
    const std::string_view part = next_part(path);
    if (expected.starts_with('{')) {
      if (part.empty()) {
        return std::nullopt;
      }
      params[std::string(expected.substr(1, expected.size() - 2))] = percent_decode(part);
    } else if (expected != part) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) {
    return std::nullopt;
  }
  return params;
}

void add_method(std::string& allow, std::string_view method) {
  if (allow.find(method) == std::string::npos) {
    allow += allow.empty() ? "" : ", ";
    allow += method;
  }
}

}  // namespace

Router::Match Router::match(std::string_view method, std::string_view path) const {
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match match;
  for (const Route& route : routes_) {
    std::optional<Params> params = match_pattern(route.pattern, path);
    if (!params) {
      continue;
    }
    if (route.method == wanted) {
      return Match{.route = &route, .params = std::move(*params), .allow = {}};
    }
    add_method(match.allow, route.method);
    if (route.method == "GET") {
      add_method(match.allow, "HEAD");
    }
  }
  return match;
}

}  // namespace hearth::http
