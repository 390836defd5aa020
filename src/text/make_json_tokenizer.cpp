// tokenizer.json through the tokenizers crate, with the roles of tokens from the files beside it.
#include <algorithm>
#include <cstdint>
#include <utility>

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
                SpecialTokens special, bool own_frame)
      : tokenizer_(std::move(tokenizer)),
        vocabulary_(std::move(vocabulary)),
        texts_(std::move(texts)),
        special_(std::move(special)),
        own_frame_(own_frame) {}

  Result<std::vector<TokenId>> encode(std::string_view text, const EncodeOptions& options) const override {
    return call_bridge(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      const bool framed = options.add_special && own_frame_;
      const auto ids = tokenizer_->encode(slice(text), options.add_special && !framed, options.parse_special);
      std::vector<TokenId> result;
      result.reserve(ids.size() + 2);
      if (framed && special_.add_bos) result.push_back(*special_.bos);
      result.insert(result.end(), ids.begin(), ids.end());
      if (framed && special_.add_eos) result.push_back(*special_.eos);
      return result;
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
  bool own_frame_;  // BOS and EOS are added here, not by the post-processor
};

// Of these classes, add_bos_token and add_eos_token replace what tokenizer.json does at the ends of a text.
bool flags_rule(const TokenRoles& roles) {
  constexpr std::string_view kClasses[] = {"LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer"};
  return (roles.add_bos || roles.add_eos) &&
         std::ranges::any_of(kClasses, [&](std::string_view name) { return roles.tokenizer_class.starts_with(name); });
}

// Whether BOS and EOS are added is up to the post-processor: what it does to an empty text shows it.
Status read_frame(const bridge::JsonTokenizer& tokenizer, SpecialTokens& special) {
  HEARTH_TRY(const auto frame, call_bridge(ErrorCode::kCorruptFile, "tokenizer.json",
                                           [&] { return tokenizer.encode(slice(""), true, true); }));
  if (frame.empty()) return {};
  const auto first = static_cast<TokenId>(frame.front());
  if (!special.bos && first != special.eos) special.bos = first;
  special.add_bos = special.bos == first;
  special.add_eos = special.eos && static_cast<TokenId>(frame.back()) == *special.eos;
  return {};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_tokenizer_from_json(std::string_view tokenizer_json, const TokenRoles& roles) {
  HEARTH_TRY(auto tokenizer, call_bridge(ErrorCode::kCorruptFile, "tokenizer.json",
                                         [&] { return bridge::new_json_tokenizer(slice(tokenizer_json)); }));
  HEARTH_TRY(const auto dump,
             call_bridge(ErrorCode::kCorruptFile, "tokenizer.json", [&] { return tokenizer->dump(); }));
  std::vector<TokenKind> kinds;
  kinds.reserve(dump.kinds.size());
  for (const std::uint8_t kind : dump.kinds) kinds.push_back(kind_of(kind));
  Vocabulary vocabulary(split(dump.pieces, dump.piece_ends), {}, std::move(kinds));

  SpecialTokens special = special_tokens_of(roles, vocabulary);
  find_end_of_generation(vocabulary, special);
  add_end_ids(roles, vocabulary, special);
  HEARTH_TRY_VOID(read_frame(*tokenizer, special));
  const bool own_frame = flags_rule(roles);
  if (own_frame) {
    special.add_bos = roles.add_bos.value_or(special.add_bos) && special.bos;
    special.add_eos = roles.add_eos.value_or(special.add_eos) && special.eos;
  }
  return std::make_unique<JsonTokenizer>(std::move(tokenizer), std::move(vocabulary), split(dump.texts, dump.text_ends),
                                         std::move(special), own_frame);
}

}  // namespace hearth::text
