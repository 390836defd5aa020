#include "formats/gguf_shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

namespace hearth::formats {
namespace {

constexpr std::size_t kDigits = 5;
constexpr std::string_view kEnding = ".gguf";

std::optional<int> parse_digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<ShardName> parse_shard_name(std::string_view file_name) {
  constexpr std::string_view kOf = "-of-";
  constexpr std::size_t kTailBytes = 1 + kDigits + kOf.size() + kDigits + kEnding.size();
  if (file_name.size() <= kTailBytes || !file_name.ends_with(kEnding)) {
    return std::nullopt;
  }
  const std::string_view tail = file_name.substr(file_name.size() - kTailBytes);
  if (tail.front() != '-' || tail.substr(1 + kDigits, kOf.size()) != kOf) {
    return std::nullopt;
  }
  const auto number = parse_digits(tail.substr(1, kDigits));
  const auto count = parse_digits(tail.substr(1 + kDigits + kOf.size(), kDigits));
  if (!number || !count || *number < 1 || *number > *count) {
    return std::nullopt;
  }
  return ShardName{file_name.substr(0, file_name.size() - kTailBytes), *number, *count};
}

Result<std::vector<std::filesystem::path>> gguf_shard_paths(const std::filesystem::path& path) {
  const std::string file_name = path.filename().string();
  const auto shard = parse_shard_name(file_name);
  if (!shard) {
    return std::vector{path};
  }
  std::vector<std::filesystem::path> paths;
  for (int number = 1; number <= shard->count; ++number) {
    const auto sibling =
        path.parent_path() / fmt::format("{}-{:05}-of-{:05}{}", shard->base, number, shard->count, kEnding);
    std::error_code ignored;
    if (!std::filesystem::exists(sibling, ignored)) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("{}: shard {} of {} is missing: {}", path.string(), number, shard->count,
                              sibling.filename().string()),
                  sibling.string());
    }
    paths.push_back(sibling);
  }
  return paths;
}

Status check_gguf_shard(const Metadata& metadata, std::size_t index, std::size_t count) {
  if (!metadata.contains("split.count")) {
    if (count == 1) {
      return {};
    }
    return fail(ErrorCode::kCorruptFile,
                fmt::format("the key split.count is missing in shard {} of {}", index + 1, count));
  }
  HEARTH_TRY(const std::int64_t split_count, metadata.require_integer("split.count"));
  // Tools that join shards may leave the keys behind with a count of 0 or 1.
  if (split_count <= 1 && count == 1) {
    return {};
  }
  if (!std::in_range<std::size_t>(split_count) || static_cast<std::size_t>(split_count) != count) {
    return fail(ErrorCode::kCorruptFile,
                count == 1
                    ? fmt::format("it is one of {} shards, so its name must end in -00001-of-{:05}.gguf, with the "
                                  "others beside it",
                                  split_count, split_count)
                    : fmt::format("split.count is {}, but there are {} files", split_count, count));
  }
  HEARTH_TRY(const std::int64_t split_no, metadata.require_integer("split.no"));
  if (split_no != static_cast<std::int64_t>(index)) {
    return fail(ErrorCode::kCorruptFile, fmt::format("split.no must be {} in this file, found {}", index, split_no));
  }
  return {};
}

}  // namespace hearth::formats
