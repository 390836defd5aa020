#include "text/template_messages.h"

#include <algorithm>
#include <utility>

namespace hearth::text {
namespace {

bool is_text_part(const Json& part) {
  return part.is_object() && part.contains("text") && part["text"].is_string();
}

std::string joined_parts(const Json& parts) {
  std::string text;
  bool first = true;
  for (const Json& part : parts) {
    if (!is_text_part(part)) continue;
    if (!first) text += '\n';
    text += part["text"].get_ref<const std::string&>();
    first = false;
  }
  return text;
}

Json wrapped(std::string text) {
  return Json::array({{{"type", "text"}, {"text", std::move(text)}}});
}

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  return content.is_array() ? joined_parts(content) : std::string();
}

void adapt_content(Json& message, const ChatTemplateTraits& traits) {
  Json& content = message["content"];
  if (content.is_null()) content = "";
  if (content.is_array() && !traits.parts_content) content = joined_parts(content);
  if (content.is_string() && !traits.string_content) content = wrapped(content.get<std::string>());
}

void adapt_tool_calls(Json& message) {
  const auto calls = message.find("tool_calls");
  if (calls == message.end() || !calls->is_array()) return;
  for (Json& call : *calls) {
    if (!call.is_object() || !call.contains("function") || !call["function"].is_object()) continue;
    Json& function = call["function"];
    const auto arguments = function.find("arguments");
    if (arguments == function.end() || !arguments->is_string()) continue;
    // Arguments that are not JSON stay what they are: the model wrote them so.
    if (auto parsed = base::parse_json(arguments->get_ref<const std::string&>()); parsed && parsed->is_object()) {
      *arguments = *std::move(parsed);
    }
  }
}

// For templates without a system role: all system texts go in front of the first user turn.
Json without_system_role(Json messages, const ChatTemplateTraits& traits) {
  std::string system;
  Json others = Json::array();
  for (Json& message : messages) {
    if (message["role"] != "system") {
      others.push_back(std::move(message));
      continue;
    }
    if (!system.empty()) system += "\n\n";
    system += text_of(message["content"]);
  }
  if (system.empty()) return others;
  const auto user =
      std::find_if(others.begin(), others.end(), [](const Json& message) { return message["role"] == "user"; });
  if (user == others.end()) {
    Json turn = {{"role", "user"}, {"content", traits.string_content ? Json(system) : wrapped(system)}};
    others.insert(others.begin(), std::move(turn));
    return others;
  }
  Json& content = (*user)["content"];
  if (content.is_array()) {
    content.insert(content.begin(), wrapped(system)[0]);
  } else {
    content = system + "\n\n" + text_of(content);
  }
  return others;
}

}  // namespace

Result<Json> adapt_messages(const Json& messages, const ChatTemplateTraits& traits) {
  if (!messages.is_array()) return fail(ErrorCode::kInvalidArgument, "messages must be an array", "messages");
  Json adapted = messages;
  for (Json& message : adapted) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      return fail(ErrorCode::kInvalidArgument, "every message must be an object with a role", "messages");
    }
    adapt_content(message, traits);
    if (traits.object_arguments) adapt_tool_calls(message);
    if (message["role"] == "developer" && !traits.developer_role) message["role"] = "system";
  }
  return traits.system_role ? std::move(adapted) : without_system_role(std::move(adapted), traits);
}

}  // namespace hearth::text
