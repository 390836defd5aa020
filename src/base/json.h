// The JSON facade: nlohmann's ordered document type behind a parser that does not trust its input.
//
// parse_json() enforces a depth of 128 and a size limit, and refuses duplicate keys and invalid UTF-8; errors name line
// and column. parse_json_events() is the same parser for texts whose document would be too large to hold, such as the
// header of a weight file. dump() never throws: invalid UTF-8 in our own strings is written as U+FFFD.
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

// What the parser reports, in the order of the text. An error that a handler returns ends the parse and is its result.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual Status begin(bool is_object) = 0;  // an object or an array
  virtual Status key(std::string&& key) = 0;
  virtual Status scalar(Json&& value) = 0;  // null, a boolean, a number or a string
  virtual Status end() = 0;
};

// Errors: as parse_json, and the handler's own.
Status parse_json_events(std::string_view text, JsonEvents& events, const JsonLimits& limits = {});

// Compact ("," and ":"); `indent` >= 0 pretty-prints.
std::string dump_json(const Json& value, int indent = -1);

}  // namespace hearth::base

namespace hearth {
using base::Json;
}
