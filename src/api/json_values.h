// Typed reading of JSON values with OpenAI's error messages. Used by the parameter table and by messages and prompts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/api_error.h"
#include "base/json.h"

namespace hearth::api {

// "a string", "an integer", "null", … for messages.
std::string_view describe_type(const Json& value);

std::unexpected<ApiError> wrong_type(const std::string& param, std::string_view expected, const Json& value);

Parsed<bool> read_flag(const Json& value, const std::string& param);
Parsed<std::string> read_text(const Json& value, const std::string& param);
// 1.0 is an integer, 1.5 is not.
Parsed<std::int64_t> read_integer(const Json& value, const std::string& param);
Parsed<std::int64_t> read_integer(const Json& value, const std::string& param, std::int64_t min, std::int64_t max);
Parsed<double> read_number(const Json& value, const std::string& param, double min, double max);

}  // namespace hearth::api
