#include "text/model_chat_template.h"

#include <string_view>
#include <utility>

#include "base/json.h"
#include "formats/companion.h"

namespace hearth::text {
namespace {

constexpr std::string_view kGgufKey = "tokenizer.chat_template";
constexpr std::size_t kMaxTemplateBytes = std::size_t{4} << 20;

std::optional<std::string> text_in(const Json& object, const char* key) {
  const auto entry = object.find(key);
  return entry != object.end() && entry->is_string() ? std::optional(entry->get<std::string>()) : std::nullopt;
}

// A text, or [{"name": "default", "template": "…"}, {"name": "tool_use", …}].
std::optional<std::string> choose(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return std::nullopt;
  for (const Json& entry : value) {
    const bool is_default = entry.is_object() && text_in(entry, "name") == "default";
    if (is_default || (entry.is_object() && value.size() == 1)) return text_in(entry, "template");
  }
  return std::nullopt;
}

// The key chat_template of a JSON file.
Result<std::optional<ModelChatTemplate>> from_json(const formats::Checkpoint& checkpoint, std::string_view name) {
  HEARTH_TRY(const auto bytes, formats::read_companion(checkpoint, name));
  if (!bytes) return std::nullopt;
  auto json = base::parse_json(*bytes);
  if (!json) return base::fail_at(name, {ErrorCode::kCorruptFile, std::move(json).error().message, {}});
  if (!json->is_object()) return std::nullopt;
  const auto entry = json->find("chat_template");
  auto source = entry == json->end() ? std::nullopt : choose(*entry);
  if (!source) return std::nullopt;
  return ModelChatTemplate{*std::move(source), std::string(name)};
}

Result<std::optional<ModelChatTemplate>> from_text(const std::filesystem::path& folder, std::string_view name) {
  HEARTH_TRY(auto bytes, formats::read_companion(folder, name, kMaxTemplateBytes));
  if (!bytes) return std::nullopt;
  return ModelChatTemplate{*std::move(bytes), std::string(name)};
}

}  // namespace

Result<std::optional<ModelChatTemplate>> find_chat_template(const formats::Checkpoint& checkpoint) {
  if (const auto own = checkpoint.metadata.text(kGgufKey)) {
    return ModelChatTemplate{std::string(*own), std::string(kGgufKey)};
  }
  if (checkpoint.convention != formats::Convention::kHf) return std::nullopt;
  const std::filesystem::path folder = formats::companion_folder(checkpoint.path);
  HEARTH_TRY(auto file, from_text(folder, "chat_template.jinja"));
  if (file) return file;
  for (const std::string_view name : {"tokenizer_config.json", "chat_template.json"}) {
    HEARTH_TRY(auto found, from_json(checkpoint, name));
    if (found) return found;
  }
  return from_text(folder / "additional_chat_templates", "default.jinja");
}

}  // namespace hearth::text
