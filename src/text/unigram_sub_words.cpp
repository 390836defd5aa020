// T5's Unigram through the tokenizers crate. sentencepiece itself differs from GGUF's reference on unknown characters.
#include <cstdint>
#include <utility>

#include "hearth-bridge/src/lib.rs.h"
#include "text/bridge_call.h"
#include "text/flat_texts.h"
#include "text/sub_words.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

rust::Slice<const std::uint8_t> slice(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

class UnigramSubWords final : public SubWords {
 public:
  UnigramSubWords(rust::Box<bridge::PieceModel> model, bool add_space_prefix)
      : model_(std::move(model)), add_space_prefix_(add_space_prefix) {}

  Status encode(std::string_view text, bool /*at_start*/, std::vector<TokenId>& ids) const override {
    return call_bridge(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      const auto encoded = model_->encode(slice(text));
      ids.insert(ids.end(), encoded.begin(), encoded.end());
    });
  }

  std::string bytes(std::string_view piece) const override { return unmark_spaces(piece); }
  bool drops_leading_space() const override { return add_space_prefix_; }

 private:
  rust::Box<bridge::PieceModel> model_;
  bool add_space_prefix_;
};

// Tokens that plain text must never become get a piece with a space in it: normalised text has none.
bool is_reachable(const Vocabulary& vocabulary, TokenId id) {
  const TokenKind kind = vocabulary.kind(id);
  return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined || kind == TokenKind::kUnused;
}

}  // namespace

Result<std::unique_ptr<SubWords>> make_unigram_sub_words(const Vocabulary& vocabulary, const UnigramOptions& options) {
  FlatTexts pieces;
  std::vector<float> scores;
  scores.reserve(static_cast<std::size_t>(vocabulary.size()));
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    pieces.add(is_reachable(vocabulary, id) ? vocabulary.piece(id) : " " + std::to_string(id));
    // Scores are negative logarithms: 0 makes a user-defined piece win.
    scores.push_back(vocabulary.kind(id) == TokenKind::kNormal ? vocabulary.score(id) : 0.0F);
  }
  const bridge::FlatTexts flat{slice(pieces.bytes), {pieces.ends.data(), pieces.ends.size()}};
  const bridge::UnigramOptions bridge_options{.unknown = static_cast<std::uint32_t>(options.unknown),
                                              .add_space_prefix = options.add_space_prefix,
                                              .merge_spaces = options.remove_extra_whitespaces};
  HEARTH_TRY(auto model, call_bridge(ErrorCode::kCorruptFile, "Unigram vocabulary", [&] {
               return bridge::new_unigram_model(flat, {scores.data(), scores.size()},
                                                slice(options.precompiled_charsmap), bridge_options);
             }));
  return std::make_unique<UnigramSubWords>(std::move(model), options.add_space_prefix);
}

}  // namespace hearth::text
