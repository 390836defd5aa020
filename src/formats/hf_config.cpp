#include "formats/hf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/companion.h"

namespace hearth::formats {
namespace {

// Joined keys repeat their parents' names, so a small file could ask for a lot of memory.
constexpr std::size_t kMaxFlatKeyBytes = std::size_t{64} << 20;

constexpr std::string_view kQuantization = "quantization_config";

MetadataValue integer_value(const Json& value) {
  if (value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>())) {
    return {value.get<std::uint64_t>()};
  }
  return {value.get<std::int64_t>()};
}

template <typename T>
std::vector<T> values_of(const Json& array) {
  std::vector<T> values;
  values.reserve(array.size());
  for (const Json& item : array) {
    values.push_back(item.is_boolean() ? static_cast<T>(item.get<bool>()) : item.get<T>());
  }
  return values;
}

// nullopt for arrays that have no flat form.
std::optional<MetadataValue> array_value(const Json& array) {
  const auto all = [&](auto&& is_kind) { return std::ranges::all_of(array, is_kind); };
  if (!array.empty() && all([](const Json& item) { return item.is_string(); })) {
    std::vector<std::string> texts;
    for (const Json& item : array) {
      texts.push_back(item.get<std::string>());
    }
    return MetadataValue{std::move(texts)};
  }
  const auto is_integer = [](const Json& item) {
    return item.is_number_integer() &&
           (!item.is_number_unsigned() || std::in_range<std::int64_t>(item.get<std::uint64_t>()));
  };
  if (all(is_integer) || all([](const Json& item) { return item.is_boolean(); })) {
    return MetadataValue{values_of<std::int64_t>(array)};
  }
  if (all([](const Json& item) { return item.is_number(); })) {
    return MetadataValue{values_of<float>(array)};
  }
  return std::nullopt;
}

std::optional<MetadataValue> flat_value(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return MetadataValue{value.get<bool>()};
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return integer_value(value);
    case Json::value_t::number_float:
      return MetadataValue{value.get<double>()};
    case Json::value_t::string:
      return MetadataValue{value.get<std::string>()};
    case Json::value_t::array:
      return array_value(value);
    default:
      return std::nullopt;
  }
}

// `key_bytes` counts what all keys take so far.
Status flatten(const Json& object, const std::string& prefix, Metadata& metadata, std::size_t& key_bytes) {
  for (const auto& [name, value] : object.items()) {
    std::string key = prefix + name;
    key_bytes += key.size();
    if (key_bytes > kMaxFlatKeyBytes) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("the names of the keys take more than {} bytes", kMaxFlatKeyBytes));
    }
    if (value.is_object()) {
      HEARTH_TRY_VOID(flatten(value, key + ".", metadata, key_bytes));
    } else if (auto flat = flat_value(value)) {
      metadata.set(std::move(key), *std::move(flat));
    }
  }
  return {};
}

// The object that a companion file holds; nullopt if there is no such file.
Result<std::optional<Json>> read_object(const std::filesystem::path& folder, std::string_view name) {
  HEARTH_TRY(const auto text, read_companion(folder, name, kMaxConfigBytes));
  if (!text) {
    return std::nullopt;
  }
  const std::string where = (folder / name).string();
  auto value = base::parse_json(*text);
  if (!value) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: {}", where, value.error().message), where);
  }
  if (!value->is_object()) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: a JSON object is expected", where), where);
  }
  return *std::move(value);
}

Status flatten_file(const std::filesystem::path& folder, std::string_view name, const Json& object,
                    std::string_view prefix, Metadata& metadata) {
  if (auto status = flatten_json(object, prefix, metadata); !status) {
    return base::fail_at((folder / name).string(), std::move(status).error());
  }
  return {};
}

// AutoAWQ's file has its own names for what config.json says today.
void rename_awq_keys(const std::string& prefix, Metadata& metadata) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"w_bit", "bits"},
                                                                             {"q_group_size", "group_size"}};
  for (const auto& [old_name, name] : kNames) {
    const MetadataValue* value = metadata.find(fmt::format("{}{}", prefix, old_name));
    if (value != nullptr) {
      metadata.set(fmt::format("{}{}", prefix, name), MetadataValue(*value));
    }
  }
  const std::string version_key = prefix + "version";
  if (const auto found = metadata.text(version_key)) {
    std::string version(*found);
    std::ranges::transform(version, version.begin(), [](unsigned char c) { return std::tolower(c); });
    metadata.set(version_key, {std::move(version)});
  }
}

Status add_quantization(const std::filesystem::path& folder, Metadata& metadata) {
  const std::string prefix = fmt::format("{}.", kQuantization);
  const std::string method_key = prefix + "quant_method";
  HEARTH_TRY(const auto gptq, read_object(folder, "quantize_config.json"));
  if (gptq) {
    HEARTH_TRY_VOID(flatten_file(folder, "quantize_config.json", *gptq, prefix, metadata));
    if (!metadata.contains(method_key)) {
      metadata.set(method_key, {std::string("gptq")});
    }
    return {};
  }
  HEARTH_TRY(const auto awq, read_object(folder, "quant_config.json"));
  if (awq) {
    HEARTH_TRY_VOID(flatten_file(folder, "quant_config.json", *awq, prefix, metadata));
    rename_awq_keys(prefix, metadata);
    if (!metadata.contains(method_key)) {
      metadata.set(method_key, {std::string("awq")});
    }
  }
  return {};
}

}  // namespace

Status flatten_json(const Json& object, std::string_view prefix, Metadata& metadata) {
  std::size_t key_bytes = 0;
  return flatten(object, std::string(prefix), metadata, key_bytes);
}

Result<Metadata> read_hf_config(const std::filesystem::path& folder) {
  HEARTH_TRY(auto config, read_object(folder, "config.json"));
  if (!config) {
    return fail(ErrorCode::kNotFound,
                fmt::format("{}: config.json is missing; it says what kind of model the weights are", folder.string()),
                folder.string());
  }
  Json text_config;
  if (const auto found = config->find("text_config"); found != config->end() && found->is_object()) {
    text_config = std::move(*found);
    config->erase(found);
  }
  Metadata metadata;
  HEARTH_TRY_VOID(flatten_file(folder, "config.json", *config, "", metadata));
  if (text_config.is_object()) {
    HEARTH_TRY_VOID(flatten_file(folder, "config.json", text_config, "", metadata));
  }
  const auto quantization = metadata.entries().lower_bound(kQuantization);
  if (quantization == metadata.entries().end() || !quantization->first.starts_with(kQuantization)) {
    HEARTH_TRY_VOID(add_quantization(folder, metadata));
  }
  HEARTH_TRY(const auto generation, read_object(folder, "generation_config.json"));
  if (generation) {
    HEARTH_TRY_VOID(flatten_file(folder, "generation_config.json", *generation, "generation_config.", metadata));
  }
  return metadata;
}

}  // namespace hearth::formats
