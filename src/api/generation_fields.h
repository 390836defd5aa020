// GenerationFields: what the parameters shared by chat, completions and edits say, still in the API's terms.
//
// parameters.cpp fills it from its table; each endpoint makes a backends::Request of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/request.h"
#include "base/json.h"

namespace hearth::api {

enum class Endpoint : std::uint8_t { kChat = 1, kCompletions = 2, kEdits = 4 };

struct GenerationFields {
  std::optional<std::string> model;
  backends::SamplingChoice sampling;
  std::optional<std::int64_t> max_tokens, max_completion_tokens;
  std::optional<std::int64_t> n, best_of;
  std::vector<std::string> stop;
  std::optional<bool> stream, echo;
  bool include_usage = false;
  std::optional<bool> logprobs;              // chat
  std::optional<std::int64_t> top_logprobs;  // chat
  std::optional<std::int64_t> n_logprobs;    // completions' `logprobs`
  std::optional<std::string> reasoning_effort, cache_salt;
  Json template_kwargs;              // chat_template_kwargs
  std::vector<std::string> ignored;  // unknown fields, for X-Ignored-Params

  // Members of the body that the endpoint itself reads: messages, prompt, instruction, input.
  Json messages, prompt, instruction, input;
};

}  // namespace hearth::api
