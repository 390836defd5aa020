#include "text/token_roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include "base/json.h"

namespace hearth::text {
namespace {

constexpr std::size_t kMaxAddedTokens = 1U << 18U;

Result<Json> read_object(std::string_view text, std::string_view file) {
  auto json = base::parse_json(text);
  if (!json) return base::fail_at(file, std::move(json).error());
  if (!json->is_object()) return fail(ErrorCode::kCorruptFile, fmt::format("{} is not an object", file));
  return json;
}

// "bos_token": "<s>" or {"content": "<s>", …}
std::optional<std::string> piece_in(const Json& object, const char* key) {
  const auto entry = object.find(key);
  if (entry == object.end()) return std::nullopt;
  if (entry->is_string()) return entry->get<std::string>();
  if (!entry->is_object()) return std::nullopt;
  const auto content = entry->find("content");
  return content != entry->end() && content->is_string() ? std::optional(content->get<std::string>()) : std::nullopt;
}

std::optional<bool> flag_in(const Json& object, const char* key) {
  const auto entry = object.find(key);
  return entry != object.end() && entry->is_boolean() ? std::optional(entry->get<bool>()) : std::nullopt;
}

void read_pieces(const Json& object, TokenRoles& roles) {
  const auto take = [&](const char* key, std::optional<std::string>& piece) {
    if (!piece) piece = piece_in(object, key);
  };
  take("bos_token", roles.bos);
  take("eos_token", roles.eos);
  take("unk_token", roles.unknown);
  take("pad_token", roles.padding);
}

std::optional<TokenId> id_of(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0 || id > kMaxTokenId) return std::nullopt;
  return static_cast<TokenId>(id);
}

// "added_tokens_decoder": {"32000": {"content": "<|im_start|>", "special": true, "lstrip": false, …}}
Status read_added_decoder(const Json& config, std::map<TokenId, AddedToken>& added) {
  const auto decoder = config.find("added_tokens_decoder");
  if (decoder == config.end() || decoder->is_null()) return {};
  if (!decoder->is_object() || decoder->size() > kMaxAddedTokens) {
    return fail(ErrorCode::kCorruptFile, "tokenizer_config.json: added_tokens_decoder is no list of tokens by id");
  }
  for (const auto& [key, value] : decoder->items()) {
    const auto id = id_of(key);
    const auto content = value.is_object() ? piece_in(value, "content") : std::nullopt;
    if (!id || !content) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("tokenizer_config.json: added_tokens_decoder: '{}' is no token id with a content", key));
    }
    added[*id] = {.id = *id,
                  .piece = *content,
                  .special = flag_in(value, "special").value_or(false),
                  .strips_left = flag_in(value, "lstrip").value_or(false),
                  .strips_right = flag_in(value, "rstrip").value_or(false)};
  }
  return {};
}

// {"<|im_start|>": 32000}
Status read_added_tokens(std::string_view text, std::map<TokenId, AddedToken>& added) {
  if (text.empty()) return {};
  HEARTH_TRY(const Json json, read_object(text, "added_tokens.json"));
  if (json.size() > kMaxAddedTokens) return fail(ErrorCode::kCorruptFile, "added_tokens.json holds too many tokens");
  for (const auto& [piece, value] : json.items()) {
    const bool in_range =
        value.is_number_integer() && value.get<std::int64_t>() >= 0 && value.get<std::int64_t>() <= kMaxTokenId;
    if (!in_range) {
      return fail(ErrorCode::kCorruptFile, fmt::format("added_tokens.json: the id of '{}' is no token id", piece));
    }
    const auto id = value.get<TokenId>();
    added.try_emplace(id, AddedToken{.id = id, .piece = piece});
  }
  return {};
}

}  // namespace

Result<TokenRoles> read_token_roles(const TokenRoleFiles& files) {
  TokenRoles roles;
  std::map<TokenId, AddedToken> added;
  if (!files.tokenizer_config.empty()) {
    HEARTH_TRY(const Json config, read_object(files.tokenizer_config, "tokenizer_config.json"));
    read_pieces(config, roles);
    if (const auto name = config.find("tokenizer_class"); name != config.end() && name->is_string()) {
      roles.tokenizer_class = name->get<std::string>();
    }
    roles.add_bos = flag_in(config, "add_bos_token");
    roles.add_eos = flag_in(config, "add_eos_token");
    roles.add_prefix_space = flag_in(config, "add_prefix_space");
    roles.legacy = flag_in(config, "legacy");
    HEARTH_TRY_VOID(read_added_decoder(config, added));
  }
  if (!files.special_tokens_map.empty()) {
    HEARTH_TRY(const Json map, read_object(files.special_tokens_map, "special_tokens_map.json"));
    read_pieces(map, roles);
  }
  HEARTH_TRY_VOID(read_added_tokens(files.added_tokens, added));
  for (const auto* piece : {&roles.bos, &roles.eos, &roles.unknown, &roles.padding}) {
    for (auto& [id, token] : added) token.special = token.special || token.piece == *piece;
  }
  for (auto& [id, token] : added) roles.added.push_back(std::move(token));
  return roles;
}

SpecialTokens special_tokens_of(const TokenRoles& roles, const Vocabulary& vocabulary) {
  const auto find = [&](const std::optional<std::string>& piece, std::optional<TokenId> id = {}) {
    if (piece) return piece->empty() ? std::nullopt : vocabulary.find(*piece);
    return id && vocabulary.contains(*id) ? id : std::nullopt;
  };
  SpecialTokens special;
  special.bos = find(roles.bos, roles.bos_id);
  special.eos = find(roles.eos, roles.eos_id);
  special.unknown = find(roles.unknown);
  special.padding = find(roles.padding);
  return special;
}

std::size_t max_sparse_id(std::size_t n_tokens) {
  return 4 * n_tokens + (1U << 16U);
}

Status check_added_ids(const TokenRoles& roles, std::size_t n_tokens) {
  if (roles.added.empty()) return {};
  const AddedToken& last = roles.added.back();
  if (static_cast<std::size_t>(last.id) <= max_sparse_id(n_tokens + roles.added.size())) return {};
  return fail(ErrorCode::kCorruptFile,
              fmt::format("the added token '{}' has the id {}, far beyond the vocabulary of {} tokens", last.piece,
                          last.id, n_tokens));
}

void add_end_ids(const TokenRoles& roles, const Vocabulary& vocabulary, SpecialTokens& special) {
  auto& ends = special.end_of_generation;
  for (const TokenId id : roles.end_ids) {
    if (vocabulary.contains(id)) ends.push_back(id);
  }
  std::ranges::sort(ends);
  const auto [first, last] = std::ranges::unique(ends);
  ends.erase(first, last);
}

}  // namespace hearth::text
