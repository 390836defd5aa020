// Byte pair encoding through the tokenizers crate, for byte-level vocabularies and for those with "▁" and byte tokens.
#include <cstdint>
#include <utility>

#include "hearth-bridge/src/lib.rs.h"
#include "text/bridge_call.h"
#include "text/byte_level.h"
#include "text/flat_texts.h"
#include "text/sub_words.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

class BpeSubWords final : public SubWords {
 public:
  BpeSubWords(rust::Box<bridge::PieceModel> model, bool byte_level)
      : model_(std::move(model)), byte_level_(byte_level) {}

  Status encode(std::string_view text, bool /*at_start*/, std::vector<TokenId>& ids) const override {
    const std::string marked = byte_level_ ? std::string() : mark_spaces(text);
    const std::string_view input = byte_level_ ? text : marked;
    return call_bridge(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      const auto encoded = model_->encode({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()});
      ids.insert(ids.end(), encoded.begin(), encoded.end());
    });
  }

  std::string bytes(std::string_view piece) const override {
    return byte_level_ ? byte_level_to_bytes(piece) : unmark_spaces(piece);
  }

 private:
  rust::Box<bridge::PieceModel> model_;
  bool byte_level_;
};

bridge::FlatTexts view(const FlatTexts& texts) {
  return {{reinterpret_cast<const std::uint8_t*>(texts.bytes.data()), texts.bytes.size()},
          {texts.ends.data(), texts.ends.size()}};
}

}  // namespace

Result<std::unique_ptr<SubWords>> make_bpe_sub_words(const Vocabulary& vocabulary, std::span<const std::string> merges,
                                                     const PreTokenizer& pre_tokenizer) {
  FlatTexts pieces;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    // Plain text must never become a control token: no word holds a space, so this piece cannot be found.
    const bool control = vocabulary.kind(id) == TokenKind::kControl;
    pieces.add(control ? " " + std::to_string(id) : vocabulary.piece(id));
  }
  FlatTexts merge_texts;
  for (const std::string& merge : merges) merge_texts.add(merge);
  FlatTexts patterns;
  for (const std::string_view pattern : pre_tokenizer.patterns) patterns.add(pattern);
  const bridge::BpeOptions options{.byte_level = pre_tokenizer.byte_level,
                                   .ignore_merges = pre_tokenizer.ignore_merges,
                                   .byte_fallback = !pre_tokenizer.byte_level};
  HEARTH_TRY(auto model, call_bridge(ErrorCode::kCorruptFile, "BPE vocabulary", [&] {
               return bridge::new_bpe_model(view(pieces), view(merge_texts), view(patterns), options);
             }));
  return std::make_unique<BpeSubWords>(std::move(model), pre_tokenizer.byte_level);
}

}  // namespace hearth::text
