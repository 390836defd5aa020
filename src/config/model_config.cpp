#include "config/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "config/nearest_name.h"
#include "config/scalar_text.h"
#include "config/yaml_reader.h"

namespace hearth::config {
namespace {

const ConfigKey* find_key(std::string_view path) {
  const auto keys = model_config_keys();
  const auto found = std::ranges::find(keys, path, &ConfigKey::path);
  return found == keys.end() ? nullptr : &*found;
}

bool is_group(std::string_view path) {
  return std::ranges::any_of(model_config_keys(), [&](const ConfigKey& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) && key.path[path.size()] == '.';
  });
}

// The names that may stand where `prefix` ("" or "parameters.") ends.
std::vector<std::string> siblings(std::string_view prefix) {
  std::vector<std::string> names;
  for (const ConfigKey& key : model_config_keys()) {
    if (!key.path.starts_with(prefix)) continue;
    std::string name(key.path.substr(prefix.size()));
    name.resize(std::min(name.find('.'), name.size()));
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

class Reader {
 public:
  Reader(ModelConfig& config, const std::string& file) : config_(config), file_(file) {}

  Status read_map(const YamlNode& map, const std::string& prefix) {
    for (const YamlEntry& entry : map.entries) {
      const std::string path = prefix + entry.key;
      if (const ConfigKey* key = find_key(path)) {
        HEARTH_TRY_VOID(read_value(*key, entry));
      } else if (!entry.key.empty() && is_group(path)) {
        if (entry.value.kind == YamlNode::Kind::kNull) continue;
        if (entry.value.kind != YamlNode::Kind::kMap) return wrong(entry, path, "a mapping");
        HEARTH_TRY_VOID(read_map(entry.value, path + "."));
      } else {
        warn_unknown(entry, path, prefix);
      }
    }
    return {};
  }

 private:
  std::unexpected<Error> wrong(const YamlEntry& entry, std::string_view path, std::string_view expected) const {
    std::string got = "a mapping";
    if (entry.value.kind == YamlNode::Kind::kList) got = "a list";
    if (entry.value.kind == YamlNode::Kind::kScalar) got = fmt::format("'{}'", entry.value.scalar.substr(0, 60));
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:{}: '{}' takes {}, got {}", file_, entry.line, path, expected, got), file_);
  }

  void warn_unknown(const YamlEntry& entry, std::string_view path, const std::string& prefix) {
    std::string warning = fmt::format("{}:{}: unknown key '{}'", file_, entry.line, path);
    const std::vector<std::string> known = siblings(prefix);
    if (const auto near = nearest_names(entry.key, known, 1); !near.empty()) {
      warning += fmt::format(", did you mean '{}{}'?", prefix, near[0]);
    }
    config_.warnings.push_back(std::move(warning));
  }

  Status read_value(const ConfigKey& key, const YamlEntry& entry) {
    if (std::holds_alternative<std::monostate>(key.target)) {
      config_.unused_keys.emplace_back(key.path);
      return {};
    }
    if (entry.value.kind == YamlNode::Kind::kNull) return {};  // as if it were not there
    return std::visit([&](auto target) { return store(target, key, entry); }, key.target);
  }

  Status store(std::monostate, const ConfigKey&, const YamlEntry&) { return {}; }

  Status store(Text* (*target)(ModelConfig&), const ConfigKey& key, const YamlEntry& entry) {
    if (entry.value.kind != YamlNode::Kind::kScalar) return wrong(entry, key.path, "a text");
    const std::string& text = entry.value.scalar;
    const bool is_address = text.find("://") != std::string::npos;
    if (key.is_path && !is_address && !stays_below(text))
      return wrong(entry, key.path, "a path that stays below the models folder");
    *target(config_) = text;
    return {};
  }
  Status store(Integer* (*target)(ModelConfig&), const ConfigKey& key, const YamlEntry& entry) {
    return store_scalar(target(config_), to_integer(entry.value.scalar), key, entry, "a whole number");
  }
  Status store(Number* (*target)(ModelConfig&), const ConfigKey& key, const YamlEntry& entry) {
    return store_scalar(target(config_), to_number(entry.value.scalar), key, entry, "a number");
  }
  Status store(Flag* (*target)(ModelConfig&), const ConfigKey& key, const YamlEntry& entry) {
    return store_scalar(target(config_), to_flag(entry.value.scalar), key, entry, "true or false");
  }

  Status store(TextList* (*target)(ModelConfig&), const ConfigKey& key, const YamlEntry& entry) {
    TextList list;
    if (entry.value.kind == YamlNode::Kind::kScalar) list.push_back(entry.value.scalar);
    if (entry.value.kind == YamlNode::Kind::kMap) return wrong(entry, key.path, "a list of texts");
    for (const YamlNode& item : entry.value.items) {
      if (item.kind != YamlNode::Kind::kScalar) {
        return wrong({entry.key, item.line, item}, key.path, "a list of texts");
      }
      list.push_back(item.scalar);
    }
    *target(config_) = std::move(list);
    return {};
  }

  Status store(TextMap* (*target)(ModelConfig&), const ConfigKey& key, const YamlEntry& entry) {
    if (entry.value.kind != YamlNode::Kind::kMap) return wrong(entry, key.path, "a mapping of texts");
    TextMap map;
    for (const YamlEntry& item : entry.value.entries) {
      if (item.value.kind == YamlNode::Kind::kList || item.value.kind == YamlNode::Kind::kMap) {
        return wrong(item, fmt::format("{}.{}", key.path, item.key), "a text");
      }
      map[item.key] = item.value.scalar;
    }
    *target(config_) = std::move(map);
    return {};
  }

  template <typename T>
  Status store_scalar(std::optional<T>* target, const std::optional<T>& value, const ConfigKey& key,
                      const YamlEntry& entry, std::string_view expected) {
    if (entry.value.kind != YamlNode::Kind::kScalar || !value) return wrong(entry, key.path, expected);
    *target = value;
    return {};
  }

  ModelConfig& config_;
  const std::string& file_;
};

}  // namespace

Result<std::vector<ModelConfig>> parse_model_configs(std::string_view yaml, const std::string& file) {
  HEARTH_TRY(const YamlNode root, read_yaml(yaml, file));
  std::vector<const YamlNode*> maps;
  if (root.kind == YamlNode::Kind::kMap) maps.push_back(&root);
  for (const YamlNode& item : root.items) maps.push_back(&item);
  std::vector<ModelConfig> configs;
  for (const YamlNode* map : maps) {
    if (map->kind != YamlNode::Kind::kMap) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: expected a mapping of keys", file, map->line), file);
    }
    ModelConfig config;
    config.file = file;
    HEARTH_TRY_VOID(Reader(config, file).read_map(*map, ""));
    configs.push_back(std::move(config));
  }
  if (configs.empty() && root.kind == YamlNode::Kind::kScalar) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: expected a mapping of keys", file, root.line), file);
  }
  return configs;
}

Result<std::vector<ModelConfig>> read_model_configs(const std::filesystem::path& file) {
  constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 20;
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error) && std::filesystem::file_size(file, error) > kMaxBytes) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: too large for a model's settings", file.string()),
                file.string());
  }
  std::ifstream stream;
  if (std::filesystem::is_regular_file(file, error)) stream.open(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream.is_open() || !stream)
    return fail(ErrorCode::kNotFound, fmt::format("{}: cannot be read", file.string()), file.string());
  return parse_model_configs(text.str(), file.string());
}

}  // namespace hearth::config
