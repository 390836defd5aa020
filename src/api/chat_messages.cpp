#include "api/chat_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "api/json_values.h"
#include "api/parameter_values.h"

namespace hearth::api {
namespace {

const std::vector<std::string_view> kRoles{"system", "developer", "user", "assistant", "tool", "function"};

std::unexpected<ApiError> missing(const std::string& param) {
  return reject(ErrorKind::kMissingParameter, fmt::format("Missing required parameter: '{}'.", param), param);
}

Parsed<Json> read_part(const Json& part, const std::string& param) {
  if (!part.is_object()) {
    return wrong_type(param, "an object", part);
  }
  if (!part.contains("type")) {
    return missing(param + ".type");
  }
  const Parsed<std::string> type = read_text(part["type"], param + ".type");
  if (!type) {
    return std::unexpected(type.error());
  }
  if (*type == "text" || *type == "refusal") {
    if (!part.contains(*type)) {
      return missing(param + "." + *type);
    }
    Parsed<std::string> text = read_text(part[*type], param + "." + *type);
    if (!text) {
      return std::unexpected(std::move(text).error());
    }
    return Json{{"type", "text"}, {"text", *std::move(text)}};
  }
  if (*type == "image_url" || *type == "input_audio" || *type == "file") {
    return reject(ErrorKind::kInvalidValue,
                  fmt::format("Invalid content part: this model takes no input of type '{}'.", *type), param + ".type");
  }
  return bad_choice(param + ".type", *type, {"text", "image_url", "input_audio", "refusal", "file"});
}

Parsed<Json> read_content(const Json& content, const std::string& param) {
  if (content.is_string()) {
    return content;
  }
  if (!content.is_array()) {
    return wrong_type(param, "a string or an array of content parts", content);
  }
  if (content.empty()) {
    return reject(ErrorKind::kEmptyArray,
                  fmt::format("Invalid '{}': empty array. Expected an array with minimum length 1, but got an empty "
                              "array instead.",
                              param),
                  param);
  }
  Json parts = Json::array();
  for (std::size_t i = 0; i < content.size(); ++i) {
    Parsed<Json> part = read_part(content[i], fmt::format("{}[{}]", param, i));
    if (!part) {
      return part;
    }
    parts.push_back(*std::move(part));
  }
  return parts;
}

Parsed<void> check_tool_calls(const Json& calls, const std::string& param) {
  if (!calls.is_array()) {
    return wrong_type(param, "an array", calls);
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", param, i);
    const Json& call = calls[i];
    if (!call.is_object()) {
      return wrong_type(at, "an object", call);
    }
    if (!call.contains("function")) {
      return missing(at + ".function");
    }
    const Json& function = call["function"];
    if (!function.is_object()) {
      return wrong_type(at + ".function", "an object", function);
    }
    for (const char* name : {"name", "arguments"}) {
      if (!function.contains(name)) {
        return missing(at + ".function." + name);
      }
      if (const auto text = read_text(function[name], at + ".function." + name); !text) {
        return std::unexpected(text.error());
      }
    }
  }
  return {};
}

// The optional text fields that templates use.
Parsed<void> copy_texts(const Json& message, const std::string& param, Json& out) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kTexts{
      std::pair{"name", "name"}, std::pair{"tool_call_id", "tool_call_id"},
      std::pair{"reasoning_content", "reasoning_content"}, std::pair{"reasoning", "reasoning_content"}};
  for (const auto& [name, written] : kTexts) {
    if (!message.contains(name) || message[name].is_null()) {
      continue;
    }
    Parsed<std::string> text = read_text(message[name], fmt::format("{}.{}", param, name));
    if (!text) {
      return std::unexpected(std::move(text).error());
    }
    out[written] = *std::move(text);
  }
  return {};
}

Parsed<Json> read_message(const Json& message, const std::string& param) {
  if (!message.is_object()) {
    return wrong_type(param, "an object", message);
  }
  if (!message.contains("role")) {
    return missing(param + ".role");
  }
  const Parsed<std::string> role = read_text(message["role"], param + ".role");
  if (!role) {
    return std::unexpected(role.error());
  }
  if (std::ranges::find(kRoles, *role) == kRoles.end()) {
    return bad_choice(param + ".role", *role, kRoles);
  }
  Json out;
  out["role"] = *role;
  const bool has_calls = message.contains("tool_calls") && !message["tool_calls"].is_null();
  const bool has_content = message.contains("content") && !message["content"].is_null();
  if (!has_content && *role != "assistant") {
    return message.contains("content") ? Parsed<Json>(wrong_type(param + ".content", "a string", message["content"]))
                                       : Parsed<Json>(missing(param + ".content"));
  }
  out["content"] = "";
  if (has_content) {
    Parsed<Json> content = read_content(message["content"], param + ".content");
    if (!content) {
      return content;
    }
    out["content"] = *std::move(content);
  }
  if (*role == "tool" && !message.contains("tool_call_id")) {
    return missing(param + ".tool_call_id");
  }
  if (const Parsed<void> copied = copy_texts(message, param, out); !copied) {
    return std::unexpected(copied.error());
  }
  if (has_calls) {
    if (const Parsed<void> checked = check_tool_calls(message["tool_calls"], param + ".tool_calls"); !checked) {
      return std::unexpected(checked.error());
    }
    out["tool_calls"] = message["tool_calls"];
  }
  return out;
}

}  // namespace

Parsed<Json> read_messages(const Json& messages) {
  if (messages.is_null()) {
    return missing("messages");
  }
  if (!messages.is_array()) {
    return wrong_type("messages", "an array", messages);
  }
  if (messages.empty()) {
    return reject(ErrorKind::kEmptyArray,
                  "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array "
                  "instead.",
                  "messages");
  }
  Json out = Json::array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Parsed<Json> message = read_message(messages[i], fmt::format("messages[{}]", i));
    if (!message) {
      return message;
    }
    out.push_back(*std::move(message));
  }
  return out;
}

}  // namespace hearth::api
