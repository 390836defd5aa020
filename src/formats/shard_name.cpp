#include "formats/shard_name.h"

#include <fmt/format.h>

#include <string>
#include <system_error>

namespace hearth::formats {
namespace {

constexpr std::size_t kDigits = 5;

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

std::optional<ShardName> parse_shard_name(std::string_view file_name, std::string_view ending) {
  constexpr std::string_view kOf = "-of-";
  const std::size_t tail_bytes = 1 + kDigits + kOf.size() + kDigits + ending.size();
  if (file_name.size() <= tail_bytes || !file_name.ends_with(ending)) {
    return std::nullopt;
  }
  const std::string_view tail = file_name.substr(file_name.size() - tail_bytes);
  if (tail.front() != '-' || tail.substr(1 + kDigits, kOf.size()) != kOf) {
    return std::nullopt;
  }
  const auto number = parse_digits(tail.substr(1, kDigits));
  const auto count = parse_digits(tail.substr(1 + kDigits + kOf.size(), kDigits));
  if (!number || !count || *number < 1 || *number > *count) {
    return std::nullopt;
  }
  return ShardName{file_name.substr(0, file_name.size() - tail_bytes), *number, *count};
}

Result<std::vector<std::filesystem::path>> shard_paths(const std::filesystem::path& path, std::string_view ending) {
  const std::string file_name = path.filename().string();
  const auto shard = parse_shard_name(file_name, ending);
  if (!shard) {
    return std::vector{path};
  }
  std::vector<std::filesystem::path> paths;
  for (int number = 1; number <= shard->count; ++number) {
    const auto sibling =
        path.parent_path() / fmt::format("{}-{:05}-of-{:05}{}", shard->base, number, shard->count, ending);
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

}  // namespace hearth::formats
