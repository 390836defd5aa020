// tokenizer.model: a sentencepiece ModelProto with its own normalizer, run by the library as it is; tokens that the
// files beside it add are split off before.
#include <sentencepiece_processor.h>

#include <algorithm>
#include <initializer_list>
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

struct Options {
  // Llama's tokenizers put a space before every stretch of text that follows a special token ("legacy"), or before the
  // text as a whole only; the library does the first by itself.
  bool space_at_start_only = false;
};

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::unique_ptr<Processor> processor, Vocabulary vocabulary, const TokenRoles& roles,
                         SpecialTokens special, Options options)
      : processor_(std::move(processor)),
        vocabulary_(std::move(vocabulary)),
        special_(std::move(special)),
        options_(options) {
    // Of two entries for one text the first stays, and the added tokens say more about theirs.
    for (const AddedToken& token : roles.added) {
      splitter_.add(vocabulary_.piece(token.id), {.id = token.id,
                                                  .control = is_control(token.id),
                                                  .strips_left = token.strips_left,
                                                  .strips_right = token.strips_right});
    }
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (is_control(id)) splitter_.add(vocabulary_.piece(id), {.id = id});
    }
  }

  Result<std::vector<TokenId>> encode(std::string_view text, const EncodeOptions& options) const override {
    std::vector<TokenId> ids;
    if (options.add_special && special_.add_bos && special_.bos) ids.push_back(*special_.bos);
    bool at_start = true;
    for (const auto& fragment : splitter_.split(text, options.parse_special)) {
      if (fragment.id >= 0) {
        ids.push_back(fragment.id);
      } else {
        HEARTH_TRY_VOID(encode_text(fragment.text, at_start, ids));
      }
      at_start = false;
    }
    if (options.add_special && special_.add_eos && special_.eos) ids.push_back(*special_.eos);
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
    // The library decodes its own pieces; added tokens stand between them.
    std::string text;
    std::vector<int> run;
    for (const TokenId id : ids) {
      if (id >= 0 && id < processor_->GetPieceSize()) {
        run.push_back(id);
      } else if (vocabulary_.contains(id)) {
        append_run(run, text);
        text += token_bytes(id, false);
      }
    }
    append_run(run, text);
    return text;
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
  Status encode_text(std::string_view text, bool at_start, std::vector<TokenId>& ids) const {
    const std::string spaced = options_.space_at_start_only && at_start ? " " + std::string(text) : std::string();
    std::vector<int> encoded;
    HEARTH_TRY_VOID(call_sentencepiece(ErrorCode::kInvalidArgument, "tokenizer", [&] {
      return processor_->Encode(spaced.empty() ? text : std::string_view(spaced), &encoded);
    }));
    ids.insert(ids.end(), encoded.begin(), encoded.end());
    return {};
  }

  // Empties `run`.
  void append_run(std::vector<int>& run, std::string& text) const {
    if (run.empty()) return;
    std::string part;
    const Status status =
        call_sentencepiece(ErrorCode::kInvalidArgument, "tokenizer", [&] { return processor_->Decode(run, &part); });
    if (!status) part.clear();
    // Without a prefix of its own there is nothing for the decoder to drop; with one only the text's first is.
    if (options_.space_at_start_only && text.empty() && part.starts_with(' ')) part.erase(0, 1);
    text += part;
    run.clear();
  }

  std::unique_ptr<Processor> processor_;
  Vocabulary vocabulary_;
  SpecialTokens special_;
  Options options_;
  SpecialSplitter splitter_;
};

bool is_class(const TokenRoles& roles, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return roles.tokenizer_class.starts_with(name); });
}

// Where the files do not say, the class of the tokenizer does; without one, a vocabulary with BOS begins with it.
void read_flags(const TokenRoles& roles, SpecialTokens& special) {
  const bool t5 = is_class(roles, {"T5Tokenizer"});
  special.add_bos = roles.add_bos.value_or(!t5) && special.bos;
  special.add_eos = roles.add_eos.value_or(t5) && special.eos;
}

struct Pieces {
  std::vector<std::string> pieces;
  std::vector<TokenKind> kinds;
};

Pieces read_pieces(const Processor& processor) {
  Pieces result;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    result.pieces.push_back(processor.IdToPiece(id));
    result.kinds.push_back(kind_of(processor, id));
  }
  return result;
}

// Added tokens extend the vocabulary or rename one of its pieces.
void add_tokens(const TokenRoles& roles, Pieces& pieces) {
  for (const AddedToken& token : roles.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (id >= pieces.pieces.size()) {
      pieces.pieces.resize(id + 1);
      pieces.kinds.resize(id + 1, TokenKind::kUnused);
    }
    pieces.pieces[id] = token.piece;
    pieces.kinds[id] = token.special ? TokenKind::kControl : TokenKind::kUserDefined;
  }
}

SpecialTokens find_special(const TokenRoles& roles, const Vocabulary& vocabulary, const Processor& processor) {
  SpecialTokens special = special_tokens_of(roles, vocabulary);
  if (!special.bos) special.bos = valid(processor.bos_id());
  if (!special.eos) special.eos = valid(processor.eos_id());
  if (!special.unknown) special.unknown = valid(processor.unk_id());
  if (!special.padding) special.padding = valid(processor.pad_id());
  return special;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(std::string_view model_proto_bytes,
                                                                const TokenRoles& roles) {
  const Options options{.space_at_start_only =
                            roles.legacy == false &&
                            is_class(roles, {"LlamaTokenizer", "CodeLlamaTokenizer", "T5Tokenizer"})};
  std::string proto(model_proto_bytes);
  // A message may be given in parts: this one sets normalizer_spec.add_dummy_prefix to false and leaves the rest alone.
  if (options.space_at_start_only) proto += std::string_view("\x1A\x02\x18\x00", 4);
  auto processor = std::make_unique<Processor>();
  HEARTH_TRY_VOID(call_sentencepiece(ErrorCode::kCorruptFile, "tokenizer.model",
                                     [&] { return processor->LoadFromSerializedProto(proto); }));
  Pieces pieces = read_pieces(*processor);
  HEARTH_TRY_VOID(check_added_ids(roles, pieces.pieces.size()));
  add_tokens(roles, pieces);
  Vocabulary vocabulary(std::move(pieces.pieces), {}, std::move(pieces.kinds));
  SpecialTokens special = find_special(roles, vocabulary, *processor);
  read_flags(roles, special);
  find_end_of_generation(vocabulary, special);
  add_end_ids(roles, vocabulary, special);
  return std::make_unique<SentencePieceTokenizer>(std::move(processor), std::move(vocabulary), roles,
                                                  std::move(special), options);
}

}  // namespace hearth::text
