#include <fmt/format.h>

#include <limits>
#include <utility>

#include "formats/checkpoint.h"

namespace hearth::formats {
namespace {

std::string_view type_name(const MetadataValue& value) {
  static constexpr std::string_view kNames[] = {
      "a boolean",         "an integer",           "an integer",          "a number", "a text",
      "an array of texts", "an array of integers", "an array of numbers", "an array"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(MetadataValue::value)>);
  return kNames[value.value.index()];
}

Error wrong_type(std::string_view key, std::string_view expected, const MetadataValue* found) {
  if (found == nullptr) {
    return {ErrorCode::kCorruptFile, fmt::format("the metadata key {} is missing ({} is expected)", key, expected),
            std::string(key)};
  }
  return {ErrorCode::kCorruptFile,
          fmt::format("the metadata key {} holds {} where {} is expected", key, type_name(*found), expected),
          std::string(key)};
}

}  // namespace

void Metadata::set(std::string key, MetadataValue value) {
  entries_.insert_or_assign(std::move(key), std::move(value));
}

bool Metadata::contains(std::string_view key) const {
  return entries_.contains(key);
}

const MetadataValue* Metadata::find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> Metadata::integer(std::string_view key) const {
  const MetadataValue* found = find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = std::get_if<std::int64_t>(&found->value)) {
    return *value;
  }
  const auto* value = std::get_if<std::uint64_t>(&found->value);
  if (value != nullptr && std::in_range<std::int64_t>(*value)) {
    return static_cast<std::int64_t>(*value);
  }
  return std::nullopt;
}

std::optional<double> Metadata::number(std::string_view key) const {
  const MetadataValue* found = find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = std::get_if<double>(&found->value)) {
    return *value;
  }
  if (const auto* value = std::get_if<std::uint64_t>(&found->value)) {
    return static_cast<double>(*value);
  }
  if (const auto* value = std::get_if<std::int64_t>(&found->value)) {
    return static_cast<double>(*value);
  }
  return std::nullopt;
}

std::optional<bool> Metadata::boolean(std::string_view key) const {
  const MetadataValue* found = find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = std::get_if<bool>(&found->value)) {
    return *value;
  }
  const auto value = integer(key);
  if (value == 0 || value == 1) {
    return *value == 1;
  }
  return std::nullopt;
}

std::optional<std::string_view> Metadata::text(std::string_view key) const {
  const MetadataValue* found = find(key);
  const auto* value = found == nullptr ? nullptr : std::get_if<std::string>(&found->value);
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(*value);
}

const std::vector<std::string>* Metadata::texts(std::string_view key) const {
  const MetadataValue* found = find(key);
  return found == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&found->value);
}

const std::vector<std::int64_t>* Metadata::integers(std::string_view key) const {
  const MetadataValue* found = find(key);
  return found == nullptr ? nullptr : std::get_if<std::vector<std::int64_t>>(&found->value);
}

const std::vector<float>* Metadata::floats(std::string_view key) const {
  const MetadataValue* found = find(key);
  return found == nullptr ? nullptr : std::get_if<std::vector<float>>(&found->value);
}

Result<std::int64_t> Metadata::require_integer(std::string_view key) const {
  if (const auto value = integer(key)) {
    return *value;
  }
  return std::unexpected(wrong_type(key, "an integer", find(key)));
}

Result<std::string_view> Metadata::require_text(std::string_view key) const {
  if (const auto value = text(key)) {
    return *value;
  }
  return std::unexpected(wrong_type(key, "a text", find(key)));
}

}  // namespace hearth::formats
