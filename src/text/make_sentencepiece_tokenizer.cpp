// tokenizer.model: a sentencepiece ModelProto with its own normalizer, run by the library as it is.
#include <sentencepiece_processor.h>

#include <algorithm>
#include <utility>

#include "text/end_of_generation.h"
#include "text/make_tokenizer.h"
#include "text/sentencepiece_call.h"
#include "text/special_splitter.h"
#include "text/utf8.h"
#include "text/vocabulary.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

using Processor = sentencepiece::SentencePieceProcessor;

TokenKind kind_of(const Processor& processor, int id) {
  if (processor.IsUnknown(id)) return TokenKind::kUnknown;
  if (processor.IsControl(id)) return TokenKind::kControl;
  if (processor.IsByte(id)) return TokenKind::kByte;
  if (processor.IsUnused(id)) return TokenKind::kUnused;
  return TokenKind::kNormal;
}

std::optional<TokenId> valid(int id) {
  return id >= 0 ? std::optional<TokenId>(id) : std::nullopt;
}

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::unique_ptr<Processor> processor, Vocabulary vocabulary, SpecialTokens special)
      : processor_(std::move(processor)), vocabulary_(std::move(vocabulary)), special_(std::move(special)) {
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (is_control(id)) splitter_.add(vocabulary_.piece(id), {.id = id});
    }
  }

  Result<std::vector<TokenId>> encode(std::string_view text, const EncodeOptions& options) const override {
    std::vector<TokenId> ids;
    if (options.add_special && special_.add_bos && special_.bos) ids.push_back(*special_.bos);
    for (const auto& fragment : splitter_.split(text, options.parse_special)) {
      if (fragment.id >= 0) {
        ids.push_back(fragment.id);
        continue;
      }
      std::vector<int> encoded;
      HEARTH_TRY_VOID(call_sentencepiece(ErrorCode::kInvalidArgument, "tokenizer",
                                         [&] { return processor_->Encode(fragment.text, &encoded); }));
      ids.insert(ids.end(), encoded.begin(), encoded.end());
    }
    return ids;
  }

  int n_tokens() const override { return vocabulary_.size(); }

  std::string token_bytes(TokenId id, bool include_special) const override {
    if (!vocabulary_.contains(id)) return {};
    const std::string& piece = vocabulary_.piece(id);
    switch (vocabulary_.kind(id)) {
      case TokenKind::kControl:
        return include_special ? piece : std::string();
      case TokenKind::kUnknown:
        return " \xE2\x81\x87 ";  // how the library prints it
      case TokenKind::kByte:
        if (const auto value = byte_token_value(piece)) return std::string(1, static_cast<char>(*value));
        break;
      default:
        break;
    }
    return unmark_spaces(piece);
  }

  std::string decode(std::span<const TokenId> ids, bool include_special) const override {
    if (include_special) {
      std::string bytes;
      for (const TokenId id : ids) bytes += token_bytes(id, true);
      return replace_invalid_utf8(bytes);
    }
    std::vector<int> known;
    known.reserve(ids.size());
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(known),
                 [&](TokenId id) { return vocabulary_.contains(id); });
    std::string text;
    const Status status =
        call_sentencepiece(ErrorCode::kInvalidArgument, "tokenizer", [&] { return processor_->Decode(known, &text); });
    return status ? text : std::string();
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
  std::unique_ptr<Processor> processor_;
  Vocabulary vocabulary_;
  SpecialTokens special_;
  SpecialSplitter splitter_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(std::string_view model_proto_bytes) {
  auto processor = std::make_unique<Processor>();
  HEARTH_TRY_VOID(call_sentencepiece(ErrorCode::kCorruptFile, "tokenizer.model",
                                     [&] { return processor->LoadFromSerializedProto(model_proto_bytes); }));
  std::vector<std::string> pieces;
  std::vector<TokenKind> kinds;
  for (int id = 0; id < processor->GetPieceSize(); ++id) {
    pieces.push_back(processor->IdToPiece(id));
    kinds.push_back(kind_of(*processor, id));
  }
  Vocabulary vocabulary(std::move(pieces), {}, std::move(kinds));
  SpecialTokens special;
  special.bos = valid(processor->bos_id());
  special.eos = valid(processor->eos_id());
  special.unknown = valid(processor->unk_id());
  special.padding = valid(processor->pad_id());
  special.add_bos = special.bos.has_value();
  find_end_of_generation(vocabulary, special);
  return std::make_unique<SentencePieceTokenizer>(std::move(processor), std::move(vocabulary), std::move(special));
}

}  // namespace hearth::text
