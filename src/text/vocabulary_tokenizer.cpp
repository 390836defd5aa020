#include "text/vocabulary_tokenizer.h"

#include <algorithm>
#include <utility>

#include "text/utf8.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

bool holds(const std::vector<TokenId>& ids, TokenId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

class VocabularyTokenizer final : public Tokenizer {
 public:
  explicit VocabularyTokenizer(VocabularyTokenizerParts parts) : parts_(std::move(parts)) {
    for (TokenId id = 0; id < parts_.vocabulary.size(); ++id) {
      const TokenKind kind = parts_.vocabulary.kind(id);
      const bool control = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
      if (!control && kind != TokenKind::kUserDefined) continue;
      splitter_.add(parts_.vocabulary.piece(id), {.id = id,
                                                  .control = control,
                                                  .strips_left = holds(parts_.strips_left, id),
                                                  .strips_right = holds(parts_.strips_right, id)});
    }
  }

  Result<std::vector<TokenId>> encode(std::string_view text, const EncodeOptions& options) const override {
    std::vector<TokenId> ids;
    ids.reserve(text.size() / 3 + 2);
    if (options.add_special && parts_.special.add_bos && parts_.special.bos) ids.push_back(*parts_.special.bos);
    bool at_start = true;
    for (const auto& fragment : splitter_.split(text, options.parse_special)) {
      if (fragment.id >= 0) {
        ids.push_back(fragment.id);
      } else {
        HEARTH_TRY_VOID(parts_.sub_words->encode(fragment.text, at_start, ids));
      }
      at_start = fragment.id >= 0;
    }
    const auto& last = parts_.closing ? parts_.closing : parts_.special.eos;
    if (options.add_special && parts_.special.add_eos && last) ids.push_back(*last);
    return ids;
  }

  int n_tokens() const override { return parts_.vocabulary.size(); }

  std::string token_bytes(TokenId id, bool include_special) const override {
    if (!parts_.vocabulary.contains(id)) return {};
    const std::string& piece = parts_.vocabulary.piece(id);
    switch (parts_.vocabulary.kind(id)) {
      case TokenKind::kControl:
      case TokenKind::kUnknown:
        return include_special ? piece : std::string();
      case TokenKind::kUserDefined:
        return unmark_spaces(piece);
      case TokenKind::kByte:
        if (const auto value = byte_token_value(piece)) return std::string(1, static_cast<char>(*value));
        return piece;
      case TokenKind::kNormal:
      case TokenKind::kUnused:
        break;
    }
    return parts_.sub_words->bytes(piece);
  }

  std::string decode(std::span<const TokenId> ids, bool include_special) const override {
    std::string bytes;
    bool at_start = true;
    for (const TokenId id : ids) {
      if (is_control(id) && !include_special) continue;
      std::string part = token_bytes(id, include_special);
      if (at_start && parts_.sub_words->drops_leading_space() && part.starts_with(' ')) part.erase(0, 1);
      at_start = is_control(id);
      bytes += part;
    }
    return replace_invalid_utf8(bytes);
  }

  std::string piece(TokenId id) const override {
    return parts_.vocabulary.contains(id) ? parts_.vocabulary.piece(id) : std::string();
  }
  std::optional<TokenId> find_piece(std::string_view piece) const override { return parts_.vocabulary.find(piece); }
  bool is_control(TokenId id) const override {
    return parts_.vocabulary.contains(id) && parts_.vocabulary.kind(id) == TokenKind::kControl;
  }
  const SpecialTokens& special() const override { return parts_.special; }

 private:
  VocabularyTokenizerParts parts_;
  SpecialSplitter splitter_;  // its keys view the pieces of parts_, which never move again
};

}  // namespace

std::unique_ptr<Tokenizer> make_vocabulary_tokenizer(VocabularyTokenizerParts parts) {
  return std::make_unique<VocabularyTokenizer>(std::move(parts));
}

}  // namespace hearth::text
