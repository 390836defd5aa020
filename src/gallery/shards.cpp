#include "gallery/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace hearth::gallery {
namespace {

constexpr std::string_view kEndings[] = {".gguf", ".safetensors", ".bin", ".pt", ".pth"};
constexpr std::size_t kTailLength = std::string_view("-00001-of-00003").size();

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const bool all_digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

}  // namespace

std::optional<ShardName> parse_shard_name(std::string_view name) {
  const auto ending = std::ranges::find_if(kEndings, [&](std::string_view known) { return name.ends_with(known); });
  if (ending == std::end(kEndings)) return std::nullopt;
  name.remove_suffix(ending->size());
  if (name.size() <= kTailLength) return std::nullopt;
  const std::string_view tail = name.substr(name.size() - kTailLength);
  const auto index = digits(tail.substr(1, 5)), count = digits(tail.substr(10, 5));
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || !index || !count || *index < 1 || *index > *count)
    return std::nullopt;
  return ShardName{std::string(name.substr(0, name.size() - kTailLength)), *index, *count, std::string(*ending)};
}

std::vector<std::string> all_shards(std::string_view name) {
  constexpr int kMaxShards = 999;
  const auto shard = parse_shard_name(name);
  if (!shard || shard->index != 1 || shard->count > kMaxShards) return {std::string(name)};
  std::vector<std::string> names;
  for (int index = 1; index <= shard->count; ++index) {
    names.push_back(fmt::format("{}-{:05}-of-{:05}{}", shard->base, index, shard->count, shard->ending));
  }
  return names;
}

}  // namespace hearth::gallery
