// tokenizer.json through the tokenizers crate, with the roles of tokens taken from tokenizer_config.json.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/json.h"
#include "hearth-bridge/src/lib.rs.h"
#include "text/bridge_call.h"
#include "text/end_of_generation.h"
#include "text/make_tokenizer.h"
#include "text/vocabulary.h"

namespace hearth::text {
namespace {

rust::Slice<const std::uint8_t> slice(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::vector<std::string> split(const rust::Vec<std::uint8_t>& bytes, const rust::Vec<std::uint32_t>& ends) {
  std::vector<std::string> parts;
  parts.reserve(ends.size());
  std::size_t begin = 0;
  for (const std::uint32_t end : ends) {
    parts.emplace_back(reinterpret_cast<const char*>(bytes.data()) + begin, end - begin);
    begin = end;
  }
  return parts;
}

TokenKind kind_of(std::uint8_t kind) {
  switch (static_cast<bridge::TokenKind>(kind)) {
    case bridge::TokenKind::Control:
      return TokenKind::kControl;
    case bridge::TokenKind::UserDefined:
      return TokenKind::kUserDefined;
    case bridge::TokenKind::Missing:
      return TokenKind::kUnused;
    default:
      return TokenKind::kNormal;
  }
}

class JsonTokenizer final : public Tokenizer {
 public:
  JsonTokenizer(rust::Box<bridge::JsonTokenizer> tokenizer, Vocabulary vocabulary, std::vector<std::string> texts,
                SpecialTokens special)
      : tokenizer_(std::move(tokenizer)),
        vocabulary_(std::move(vocabulary)),
        texts_(std::move(texts)),
        special_(std::move(special)) {}

  Result<std::vector<TokenId>> encode(std::string_view text, const EncodeOptions& options) const override {
    return call_bridge(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      const auto ids = tokenizer_->encode(slice(text), options.add_special, options.parse_special);
      return std::vector<TokenId>(ids.begin(), ids.end());
    });
  }

  int n_tokens() const override { return vocabulary_.size(); }

  std::string token_bytes(TokenId id, bool include_special) const override {
    if (!vocabulary_.contains(id) || (is_control(id) && !include_special)) return {};
    return texts_[static_cast<std::size_t>(id)];
  }

  std::string decode(std::span<const TokenId> ids, bool include_special) const override {
    std::vector<std::uint32_t> known;
    known.reserve(ids.size());
    for (const TokenId id : ids) {
      if (vocabulary_.contains(id)) known.push_back(static_cast<std::uint32_t>(id));
    }
    auto text = call_bridge(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      return std::string(tokenizer_->decode({known.data(), known.size()}, !include_special));
    });
    return text ? *std::move(text) : std::string();
  }

  std::string piece(TokenId id) const override {
    return vocabulary_.contains(id) ? vocabulary_.piece(id) : std::string();
  }
  std::optional<TokenId> find_piece(std::string_view piece) const override { return vocabulary_.find(piece); }
  bool is_control(TokenId id) const override {
    return vocabulary_.contains(id) && vocabulary_.kind(id) == TokenKind::kControl;
  }
  const SpecialTokens& special() const override { return special_; }

 private:
  rust::Box<bridge::JsonTokenizer> tokenizer_;
  Vocabulary vocabulary_;
  std::vector<std::string> texts_;  // the bytes of each token
  SpecialTokens special_;
};

// "bos_token": "<s>" or {"content": "<s>", …}
std::optional<TokenId> token_in(const Json& config, const char* key, const Vocabulary& vocabulary) {
  const auto entry = config.find(key);
  if (entry == config.end()) return std::nullopt;
  if (entry->is_string()) return vocabulary.find(entry->get_ref<const std::string&>());
  if (!entry->is_object()) return std::nullopt;
  const auto content = entry->find("content");
  if (content == entry->end() || !content->is_string()) return std::nullopt;
  return vocabulary.find(content->get_ref<const std::string&>());
}

Result<SpecialTokens> read_special(std::string_view config_json, const Vocabulary& vocabulary) {
  SpecialTokens special;
  if (config_json.empty()) return special;
  auto config = base::parse_json(config_json);
  if (!config) return base::fail_at("tokenizer_config.json", std::move(config).error());
  if (!config->is_object()) return fail(ErrorCode::kCorruptFile, "tokenizer_config.json is not an object");
  special.bos = token_in(*config, "bos_token", vocabulary);
  special.eos = token_in(*config, "eos_token", vocabulary);
  special.unknown = token_in(*config, "unk_token", vocabulary);
  special.padding = token_in(*config, "pad_token", vocabulary);
  return special;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_tokenizer_from_json(std::string_view tokenizer_json,
                                                            std::string_view tokenizer_config_json) {
  HEARTH_TRY(auto tokenizer, call_bridge(ErrorCode::kCorruptFile, "tokenizer.json",
                                         [&] { return bridge::new_json_tokenizer(slice(tokenizer_json)); }));
  HEARTH_TRY(const auto dump,
             call_bridge(ErrorCode::kCorruptFile, "tokenizer.json", [&] { return tokenizer->dump(); }));
  std::vector<TokenKind> kinds;
  kinds.reserve(dump.kinds.size());
  for (const std::uint8_t kind : dump.kinds) kinds.push_back(kind_of(kind));
  Vocabulary vocabulary(split(dump.pieces, dump.piece_ends), {}, std::move(kinds));

  HEARTH_TRY(SpecialTokens special, read_special(tokenizer_config_json, vocabulary));
  find_end_of_generation(vocabulary, special);
  // Whether BOS and EOS are added is up to the post-processor: what it does to an empty text shows it.
  HEARTH_TRY(const auto frame, call_bridge(ErrorCode::kCorruptFile, "tokenizer.json",
                                           [&] { return tokenizer->encode(slice(""), true, true); }));
  if (!frame.empty()) {
    const auto first = static_cast<TokenId>(frame.front());
    if (!special.bos && first != special.eos) special.bos = first;
    special.add_bos = special.bos == first;
    special.add_eos = special.eos && static_cast<TokenId>(frame.back()) == *special.eos;
  }
  return std::make_unique<JsonTokenizer>(std::move(tokenizer), std::move(vocabulary), split(dump.texts, dump.text_ends),
                                         std::move(special));
}

}  // namespace hearth::text
