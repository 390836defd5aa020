// From the body of a generating request to a backends::Request: parsing without HTTP, which is also what is fuzzed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/generation_fields.h"
#include "backends/request.h"

namespace hearth::api {

struct GenerationRequest {
  backends::Request core;
  bool stream = false;
  bool include_usage = false;
  bool logprobs = false;
  std::vector<std::string> ignored;  // for X-Ignored-Params
};

// `model` is the one that the URL names ("/v1/engines/MODEL/completions"), used when the body names none.
Parsed<GenerationRequest> parse_generation(Endpoint endpoint, std::string_view body, const std::string& model,
                                           bool strict);

}  // namespace hearth::api
