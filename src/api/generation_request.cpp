#include "api/generation_request.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "api/chat_messages.h"
#include "api/json_values.h"
#include "api/parameters.h"

namespace hearth::api {
namespace {

using Prompts = std::vector<backends::PromptInput>;

constexpr std::size_t kMaxPrompts = 2048;
constexpr std::size_t kMaxChoices = 2048;  // prompts times n

Parsed<Prompts> chat_prompts(const GenerationFields& fields) {
  Parsed<Json> messages = read_messages(fields.messages);
  if (!messages) {
    return std::unexpected(std::move(messages).error());
  }
  backends::ChatInput chat{.messages = *std::move(messages), .template_kwargs = fields.template_kwargs};
  if (fields.reasoning_effort) {
    if (chat.template_kwargs.is_null()) {
      chat.template_kwargs = Json::object();
    }
    const bool think = *fields.reasoning_effort != "none";
    chat.template_kwargs.emplace("enable_thinking", think);
    if (think) {
      chat.template_kwargs.emplace("reasoning_effort", *fields.reasoning_effort);
    }
  }
  Prompts prompts;
  prompts.emplace_back(std::move(chat));
  return prompts;
}

Parsed<backends::TokenInput> read_tokens(const Json& value, const std::string& param) {
  backends::TokenInput input;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Parsed<std::int64_t> token =
        read_integer(value[i], fmt::format("{}[{}]", param, i), 0, std::numeric_limits<backends::TokenId>::max());
    if (!token) {
      return std::unexpected(token.error());
    }
    input.tokens.push_back(static_cast<backends::TokenId>(*token));
  }
  return input;
}

Parsed<backends::PromptInput> read_prompt(const Json& value, const std::string& param) {
  if (value.is_string()) {
    return backends::TextInput{value.get<std::string>()};
  }
  if (!value.is_array()) {
    return wrong_type(param, "a string or an array of token ids", value);
  }
  Parsed<backends::TokenInput> tokens = read_tokens(value, param);
  if (!tokens) {
    return std::unexpected(std::move(tokens).error());
  }
  return *std::move(tokens);
}

Parsed<Prompts> completion_prompts(const Json& prompt) {
  Prompts prompts;
  if (prompt.is_null()) {
    prompts.emplace_back(backends::TextInput{});
    return prompts;
  }
  const bool is_list = prompt.is_array() && !prompt.empty() && !prompt[0].is_number();
  if (!is_list) {
    if (prompt.is_array() && prompt.empty()) {
      return reject(ErrorKind::kEmptyArray,
                    "Invalid 'prompt': empty array. Expected an array with minimum length 1, but got an empty array "
                    "instead.",
                    "prompt");
    }
    if (!prompt.is_array() && !prompt.is_string()) {
      return wrong_type("prompt", "a string, an array of strings or an array of token ids", prompt);
    }
    Parsed<backends::PromptInput> one = read_prompt(prompt, "prompt");
    if (!one) {
      return std::unexpected(std::move(one).error());
    }
    prompts.push_back(*std::move(one));
    return prompts;
  }
  if (prompt.size() > kMaxPrompts) {
    return reject(ErrorKind::kArrayAboveMax,
                  fmt::format("Invalid 'prompt': array too long. Expected an array with maximum length {}, but got an "
                              "array with length {} instead.",
                              kMaxPrompts, prompt.size()),
                  "prompt");
  }
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    Parsed<backends::PromptInput> one = read_prompt(prompt[i], fmt::format("prompt[{}]", i));
    if (!one) {
      return std::unexpected(std::move(one).error());
    }
    prompts.push_back(*std::move(one));
  }
  return prompts;
}

// `input` is a string, or LocalAI's list of them; each becomes an edit of its own.
Parsed<Prompts> edit_prompts(const GenerationFields& fields) {
  if (fields.instruction.is_null()) {
    return reject(ErrorKind::kMissingParameter, "Missing required parameter: 'instruction'.", "instruction");
  }
  const Parsed<std::string> instruction = read_text(fields.instruction, "instruction");
  if (!instruction) {
    return std::unexpected(instruction.error());
  }
  Prompts prompts;
  if (!fields.input.is_array()) {
    const Parsed<std::string> input =
        fields.input.is_null() ? Parsed<std::string>("") : read_text(fields.input, "input");
    if (!input) {
      return std::unexpected(input.error());
    }
    prompts.emplace_back(backends::EditInput{*instruction, *input});
    return prompts;
  }
  for (std::size_t i = 0; i < fields.input.size(); ++i) {
    const Parsed<std::string> input = read_text(fields.input[i], fmt::format("input[{}]", i));
    if (!input) {
      return std::unexpected(input.error());
    }
    prompts.emplace_back(backends::EditInput{*instruction, *input});
  }
  if (prompts.empty()) {
    prompts.emplace_back(backends::EditInput{*instruction, ""});
  }
  return prompts;
}

Parsed<Prompts> prompts_of(Endpoint endpoint, const GenerationFields& fields) {
  switch (endpoint) {
    case Endpoint::kChat:
      return chat_prompts(fields);
    case Endpoint::kCompletions:
      return completion_prompts(fields.prompt);
    case Endpoint::kEdits:
      break;
  }
  return edit_prompts(fields);
}

GenerationRequest make_request(GenerationFields fields, Prompts prompts, const std::string& model) {
  GenerationRequest request;
  request.core.model = fields.model && !fields.model->empty() ? *std::move(fields.model) : model;
  request.core.prompts = std::move(prompts);
  request.core.sampling = std::move(fields.sampling);
  request.core.n = fields.n.value_or(1);
  request.core.max_tokens = fields.max_completion_tokens ? fields.max_completion_tokens : fields.max_tokens;
  request.core.stop = std::move(fields.stop);
  request.core.echo = fields.echo.value_or(false);
  request.core.cache_salt = fields.cache_salt.value_or("");
  if (fields.logprobs.value_or(false)) {
    request.core.top_logprobs = fields.top_logprobs.value_or(0);
  } else if (fields.n_logprobs) {
    request.core.top_logprobs = fields.n_logprobs;
  }
  request.logprobs = request.core.top_logprobs.has_value();
  request.stream = fields.stream.value_or(false);
  request.include_usage = fields.include_usage;
  request.ignored = std::move(fields.ignored);
  return request;
}

}  // namespace

Parsed<GenerationRequest> parse_generation(Endpoint endpoint, std::string_view body, const std::string& model,
                                           bool strict) {
  const Result<Json> json = base::parse_json(body);
  if (!json) {
    return reject(ErrorKind::kBadRequest,
                  fmt::format("We could not parse the JSON body of your request: {}", json.error().message));
  }
  if (!json->is_object()) {
    return reject(ErrorKind::kBadRequest, "The body of the request must be a JSON object.");
  }
  Parsed<GenerationFields> fields = parse_parameters(*json, endpoint, strict);
  if (!fields) {
    return std::unexpected(std::move(fields).error());
  }
  Parsed<Prompts> prompts = prompts_of(endpoint, *fields);
  if (!prompts) {
    return std::unexpected(std::move(prompts).error());
  }
  if (prompts->size() * static_cast<std::size_t>(fields->n.value_or(1)) > kMaxChoices) {
    return reject(ErrorKind::kIntegerAboveMax,
                  fmt::format("Invalid 'n': prompts times n must not be above {}.", kMaxChoices), "n");
  }
  return make_request(*std::move(fields), *std::move(prompts), model);
}

}  // namespace hearth::api
