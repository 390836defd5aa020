#include "text/chat_template_probe.h"

#include <utility>

namespace hearth::text {
namespace {

constexpr const char* kUserWord = "hearthuserprobe";
constexpr const char* kOtherWord = "hearthotherprobe";
constexpr const char* kArguments = R"({"hearthkey": "hearthvalue"})";

bool contains(const Result<std::string>& text, std::string_view part) {
  return text && text->find(part) != std::string::npos;
}

Json message(const char* role, Json content) {
  return {{"role", role}, {"content", std::move(content)}};
}

Json text_parts(const char* text) {
  return Json::array({{{"type", "text"}, {"text", text}}});
}

// A part printed as a whole would show its keys.
bool renders_parts(const ProbeRender& render) {
  const auto text = render(Json::array({message("user", text_parts(kUserWord))}), Json());
  return contains(text, kUserWord) && !contains(text, "'text'") && !contains(text, "\"text\"");
}

Json content(const ChatTemplateTraits& traits, const char* text) {
  return traits.string_content ? Json(text) : text_parts(text);
}

bool renders_role(const ProbeRender& render, const ChatTemplateTraits& traits, const char* role) {
  const Json messages =
      Json::array({message(role, content(traits, kOtherWord)), message("user", content(traits, kUserWord))});
  return contains(render(messages, Json()), kOtherWord);
}

bool renders_tools(const ProbeRender& render, const ChatTemplateTraits& traits) {
  const Json tool = {{"type", "function"},
                     {"function",
                      {{"name", kOtherWord},
                       {"description", "probe"},
                       {"parameters", {{"type", "object"}, {"properties", Json::object()}}}}}};
  return contains(render(Json::array({message("user", content(traits, kUserWord))}), Json::array({tool})), kOtherWord);
}

Json call_messages(const ChatTemplateTraits& traits, Json arguments) {
  Json assistant = message("assistant", content(traits, ""));
  // Nine characters and no dash: what the strictest templates accept as an id.
  assistant["tool_calls"] = Json::array({{{"id", "probe1234"},
                                          {"type", "function"},
                                          {"function", {{"name", kOtherWord}, {"arguments", std::move(arguments)}}}}});
  return Json::array({message("user", content(traits, kUserWord)), std::move(assistant)});
}

void probe_tool_calls(const ProbeRender& render, ChatTemplateTraits& traits) {
  const auto as_text = render(call_messages(traits, kArguments), Json());
  const auto as_object = render(call_messages(traits, Json::parse(kArguments)), Json());
  traits.tool_calls = contains(as_text, kOtherWord) || contains(as_object, kOtherWord);
  // A template that walks an object prints nothing, fails or prints escaped quotes when it gets a string. One that
  // prints the string well keeps it: the model's own spacing survives.
  traits.object_arguments = !contains(as_text, kArguments) && contains(as_object, "hearthvalue");
}

}  // namespace

ChatTemplateTraits probe_chat_template(std::string_view source, const ProbeRender& render) {
  ChatTemplateTraits traits;
  traits.parts_content = renders_parts(render);
  traits.string_content =
      contains(render(Json::array({message("user", kUserWord)}), Json()), kUserWord) || !traits.parts_content;
  traits.system_role = renders_role(render, traits, "system");
  // Most templates print any role's name; only those that mention this one were made for it.
  traits.developer_role =
      source.find("developer") != std::string_view::npos && renders_role(render, traits, "developer");
  traits.tools = renders_tools(render, traits);
  probe_tool_calls(render, traits);
  return traits;
}

}  // namespace hearth::text
