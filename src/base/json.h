// The JSON facade: nlohmann's ordered document type behind a parser that does not trust its input.
//
// parse() enforces a depth of 128 and a size limit, and refuses duplicate keys and invalid UTF-8; errors name line and
// column. dump() never throws: invalid UTF-8 in our own strings is written as U+FFFD.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::base {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t max_bytes = std::size_t{64} << 20;
  int max_depth = 128;
};

// Errors: invalid_argument with "line L, column C: …".
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// Compact ("," and ":"); `indent` >= 0 pretty-prints.
std::string dump_json(const Json& value, int indent = -1);

}  // namespace hearth::base

namespace hearth {
using base::Json;
}
