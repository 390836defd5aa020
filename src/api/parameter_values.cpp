#include "api/parameter_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <utility>

#include "api/json_values.h"

namespace hearth::api {
namespace {

constexpr std::size_t kMaxStops = 16;
constexpr std::int64_t kMaxTopLogprobs = 20;

std::unexpected<ApiError> unsupported(std::string message, std::string param) {
  return reject(ErrorKind::kUnsupportedParameter, std::move(message), std::move(param));
}

Parsed<void> add_stop(const Json& value, const std::string& param, GenerationFields& fields) {
  Parsed<std::string> text = read_text(value, param);
  if (!text) {
    return std::unexpected(std::move(text).error());
  }
  if (text->empty()) {
    return reject(ErrorKind::kInvalidValue, fmt::format("Invalid '{}': a stop string must not be empty.", param),
                  param);
  }
  fields.stop.push_back(*std::move(text));
  return {};
}

}  // namespace

std::unexpected<ApiError> bad_choice(const std::string& param, const std::string& value,
                                     const std::vector<std::string_view>& choices) {
  std::string list;
  for (const std::string_view choice : choices) {
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", choice);
  }
  return reject(ErrorKind::kInvalidValue, fmt::format("Invalid value: '{}'. Supported values are: {}.", value, list),
                param);
}

Parsed<void> read_stop(const Json& value, GenerationFields& fields) {
  if (value.is_string()) {
    return add_stop(value, "stop", fields);
  }
  if (!value.is_array()) {
    return wrong_type("stop", "a string or an array of strings", value);
  }
  if (value.size() > kMaxStops) {
    return reject(ErrorKind::kArrayAboveMax,
                  fmt::format("Invalid 'stop': array too long. Expected an array with maximum length {}, but got an "
                              "array with length {} instead.",
                              kMaxStops, value.size()),
                  "stop");
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (const Parsed<void> added = add_stop(value[i], fmt::format("stop[{}]", i), fields); !added) {
      return added;
    }
  }
  return {};
}

Parsed<void> read_logit_bias(const Json& value, GenerationFields& fields) {
  if (!value.is_object()) {
    return wrong_type("logit_bias", "an object", value);
  }
  for (const auto& [key, bias] : value.items()) {
    backends::TokenId token = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), token);
    if (error != std::errc{} || end != key.data() + key.size() || token < 0) {
      return reject(ErrorKind::kInvalidValue,
                    fmt::format("Invalid key in 'logit_bias': '{}'. Keys are token ids.", key), "logit_bias");
    }
    const Parsed<double> number = read_number(bias, fmt::format("logit_bias.{}", key), -100, 100);
    if (!number) {
      return std::unexpected(number.error());
    }
    fields.sampling.logit_bias.emplace_back(token, *number);
  }
  return {};
}

Parsed<void> read_stream_options(const Json& value, GenerationFields& fields) {
  if (!value.is_object()) {
    return wrong_type("stream_options", "an object", value);
  }
  for (const auto& [name, option] : value.items()) {
    const std::string param = "stream_options." + name;
    if (name != "include_usage" && name != "include_obfuscation") {
      fields.ignored.push_back(param);
      continue;
    }
    if (option.is_null()) {
      continue;
    }
    const Parsed<bool> flag = read_flag(option, param);
    if (!flag) {
      return std::unexpected(flag.error());
    }
    if (name == "include_usage") {
      fields.include_usage = *flag;
    }
  }
  return {};
}

// A number; LocalAI's clients also send true (the chosen token's) and false.
Parsed<void> read_completion_logprobs(const Json& value, GenerationFields& fields) {
  if (value.is_boolean()) {
    if (value.get<bool>()) {
      fields.n_logprobs = 0;
    }
    return {};
  }
  const Parsed<std::int64_t> number = read_integer(value, "logprobs", 0, kMaxTopLogprobs);
  if (!number) {
    return std::unexpected(number.error());
  }
  fields.n_logprobs = *number;
  return {};
}

Parsed<void> read_template_kwargs(const Json& value, GenerationFields& fields) {
  if (!value.is_object()) {
    return wrong_type("chat_template_kwargs", "an object", value);
  }
  fields.template_kwargs = value;
  return {};
}

Parsed<void> read_response_format(const Json& value, GenerationFields& /*fields*/) {
  if (!value.is_object()) {
    return wrong_type("response_format", "an object", value);
  }
  if (!value.contains("type")) {
    return reject(ErrorKind::kMissingParameter, "Missing required parameter: 'response_format.type'.",
                  "response_format.type");
  }
  const Parsed<std::string> type = read_text(value["type"], "response_format.type");
  if (!type) {
    return std::unexpected(type.error());
  }
  if (*type == "text") {
    return {};
  }
  if (*type == "json_object" || *type == "json_schema") {
    return unsupported(
        fmt::format("Unsupported parameter: 'response_format' of type '{}' is not supported by this server.", *type),
        "response_format");
  }
  return bad_choice("response_format.type", *type, {"text", "json_object", "json_schema"});
}

Parsed<void> read_tools(const Json& value, GenerationFields& /*fields*/) {
  if (!value.is_array()) {
    return wrong_type("tools", "an array", value);
  }
  if (value.empty()) {
    return reject(ErrorKind::kEmptyArray,
                  "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array "
                  "instead.",
                  "tools");
  }
  return unsupported("Unsupported parameter: 'tools' is not supported by this server.", "tools");
}

// Without tools it is refused whatever it says, and with tools those are; only its type is left to look at.
Parsed<void> read_tool_choice(const Json& value, GenerationFields& /*fields*/) {
  if (!value.is_string() && !value.is_object()) {
    return wrong_type("tool_choice", "a string or an object", value);
  }
  return {};
}

}  // namespace hearth::api
