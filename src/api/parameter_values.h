// The values of parameters that need more than a type and a range. Rows of the table in parameters.cpp point here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/generation_fields.h"
#include "base/json.h"

namespace hearth::api {

std::unexpected<ApiError> bad_choice(const std::string& param, const std::string& value,
                                     const std::vector<std::string_view>& choices);

Parsed<void> read_stop(const Json& value, GenerationFields& fields);
Parsed<void> read_logit_bias(const Json& value, GenerationFields& fields);
Parsed<void> read_stream_options(const Json& value, GenerationFields& fields);
Parsed<void> read_completion_logprobs(const Json& value, GenerationFields& fields);
Parsed<void> read_template_kwargs(const Json& value, GenerationFields& fields);
Parsed<void> read_response_format(const Json& value, GenerationFields& fields);
Parsed<void> read_tools(const Json& value, GenerationFields& fields);
Parsed<void> read_tool_choice(const Json& value, GenerationFields& fields);

}  // namespace hearth::api
