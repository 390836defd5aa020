// BERT's WordPiece through the tokenizers crate. GGUF writes "▁" in front of word starts where HF writes "##"
// elsewhere.
#include <cstdint>
#include <utility>

#include "hearth-bridge/src/lib.rs.h"
#include "text/bridge_call.h"
#include "text/flat_texts.h"
#include "text/sub_words.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

class WordPieceSubWords final : public SubWords {
 public:
  explicit WordPieceSubWords(rust::Box<bridge::PieceModel> model) : model_(std::move(model)) {}

  Status encode(std::string_view text, bool /*at_start*/, std::vector<TokenId>& ids) const override {
    return call_bridge(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      const auto encoded = model_->encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
      ids.insert(ids.end(), encoded.begin(), encoded.end());
    });
  }

  std::string bytes(std::string_view piece) const override { return unmark_spaces(piece); }
  bool drops_leading_space() const override { return true; }

 private:
  rust::Box<bridge::PieceModel> model_;
};

}  // namespace

Result<std::unique_ptr<SubWords>> make_wordpiece_sub_words(const Vocabulary& vocabulary, TokenId unknown,
                                                           const WordPieceOptions& options) {
  FlatTexts pieces;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const std::string_view piece = vocabulary.piece(id);
    if (id == unknown || vocabulary.kind(id) == TokenKind::kControl) {
      pieces.add(piece);
    } else if (piece.starts_with(kSpaceMark)) {
      pieces.add(piece.substr(kSpaceMark.size()));
    } else {
      pieces.add("##" + std::string(piece));
    }
  }
  const bridge::FlatTexts flat{{reinterpret_cast<const std::uint8_t*>(pieces.bytes.data()), pieces.bytes.size()},
                               {pieces.ends.data(), pieces.ends.size()}};
  const std::string& unknown_piece = vocabulary.piece(unknown);
  HEARTH_TRY(auto model, call_bridge(ErrorCode::kCorruptFile, "WordPiece vocabulary", [&] {
               return bridge::new_wordpiece_model(flat, rust::Str(unknown_piece.data(), unknown_piece.size()),
                                                  options.lowercase, options.strip_accents);
             }));
  return std::make_unique<WordPieceSubWords>(std::move(model));
}

}  // namespace hearth::text
