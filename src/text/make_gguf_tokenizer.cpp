// Reads the tokenizer.ggml.* keys and picks the algorithm that the vocabulary was made for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/log.h"
#include "text/end_of_generation.h"
#include "text/make_tokenizer.h"
#include "text/python_literal.h"
#include "text/rwkv_sub_words.h"
#include "text/vocabulary_tokenizer.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

constexpr std::string_view kPrefix = "tokenizer.ggml.";

std::string key(std::string_view name) {
  return std::string(kPrefix) + std::string(name);
}

Result<Vocabulary> read_vocabulary(const formats::Metadata& metadata) {
  const auto* pieces = metadata.texts(key("tokens"));
  if (pieces == nullptr)
    return fail(ErrorCode::kCorruptFile, "tokenizer.ggml.tokens is missing or is no list of texts");
  const std::size_t n_tokens = pieces->size();

  std::vector<float> scores;
  if (const auto* stored = metadata.floats(key("scores"))) {
    scores = *stored;
  } else if (const auto* integers = metadata.integers(key("scores"))) {
    scores.assign(integers->begin(), integers->end());
  }
  if (!scores.empty() && scores.size() < n_tokens) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tokenizer.ggml.scores has {} entries for {} tokens", scores.size(), n_tokens));
  }
  if (!scores.empty()) scores.resize(n_tokens);

  std::vector<TokenKind> kinds;
  if (const auto* types = metadata.integers(key("token_type"))) {
    if (types->size() < n_tokens) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("tokenizer.ggml.token_type has {} entries for {} tokens", types->size(), n_tokens));
    }
    kinds.reserve(n_tokens);
    for (std::size_t id = 0; id < n_tokens; ++id) {
      const std::int64_t type = (*types)[id];
      kinds.push_back(type >= 1 && type <= 6 ? static_cast<TokenKind>(type) : TokenKind::kNormal);
    }
  }
  return Vocabulary(*pieces, std::move(scores), std::move(kinds));
}

// An id key; an id outside the vocabulary counts as absent.
std::optional<TokenId> id_of(const formats::Metadata& metadata, const Vocabulary& vocabulary, std::string_view name) {
  const auto id = metadata.integer(key(name));
  if (!id || *id < 0 || *id >= vocabulary.size()) return std::nullopt;
  return static_cast<TokenId>(*id);
}

std::optional<TokenId> id_or(std::optional<TokenId> id, const Vocabulary& vocabulary, TokenId otherwise) {
  if (id || otherwise >= vocabulary.size()) return id;
  return otherwise;
}

SpecialTokens read_special(const formats::Metadata& metadata, const Vocabulary& vocabulary) {
  SpecialTokens special;
  special.bos = id_of(metadata, vocabulary, "bos_token_id");
  special.eos = id_of(metadata, vocabulary, "eos_token_id");
  special.eot = id_of(metadata, vocabulary, "eot_token_id");
  special.eom = id_of(metadata, vocabulary, "eom_token_id");
  special.unknown = id_of(metadata, vocabulary, "unknown_token_id");
  special.padding = id_of(metadata, vocabulary, "padding_token_id");
  return special;
}

void read_add_flags(const formats::Metadata& metadata, SpecialTokens& special, bool add_bos, bool add_eos) {
  special.add_bos = metadata.boolean(key("add_bos_token")).value_or(add_bos) && special.bos;
  special.add_eos = metadata.boolean(key("add_eos_token")).value_or(add_eos) && special.eos;
}

using Parts = VocabularyTokenizerParts;

Status fill_llama(const formats::Metadata& metadata, Parts& parts) {
  auto& special = parts.special;
  special.unknown = id_or(special.unknown, parts.vocabulary, 0);
  special.bos = id_or(special.bos, parts.vocabulary, 1);
  special.eos = id_or(special.eos, parts.vocabulary, 2);
  read_add_flags(metadata, special, true, false);
  const SentencePieceOptions options{.add_space_prefix = metadata.boolean(key("add_space_prefix")).value_or(true)};
  HEARTH_TRY(parts.sub_words, make_sentencepiece_sub_words(parts.vocabulary, options));
  return {};
}

Status fill_gpt2(const formats::Metadata& metadata, Parts& parts) {
  // Gemma 4 names itself where others say "gpt2", and has no id.
  const std::string_view model = metadata.text(key("model")).value_or("");
  const std::string_view id = metadata.text(key("pre")).value_or(model == "gemma4" ? model : "");
  const PreTokenizer pre_tokenizer = pre_tokenizer_for(id);
  if (!pre_tokenizer.known) {
    base::log_warning("the pre-tokenizer '{}' is not known: text is split in the default way, which may cost quality",
                      id);
  }
  read_add_flags(metadata, parts.special, pre_tokenizer.add_bos, false);
  static const std::vector<std::string> kNoMerges;
  const auto* merges = metadata.texts(key("merges"));
  HEARTH_TRY(parts.sub_words,
             make_bpe_sub_words(parts.vocabulary, merges == nullptr ? kNoMerges : *merges, pre_tokenizer));
  return {};
}

Status fill_bert(const formats::Metadata& metadata, Parts& parts) {
  auto& special = parts.special;
  if (!special.bos) special.bos = id_of(metadata, parts.vocabulary, "cls_token_id");
  if (!special.bos) special.bos = parts.vocabulary.find("[CLS]");
  if (!special.unknown) special.unknown = parts.vocabulary.find("[UNK]");
  parts.closing = id_of(metadata, parts.vocabulary, "seperator_token_id");
  if (!parts.closing) parts.closing = parts.vocabulary.find("[SEP]");
  if (!special.unknown) return fail(ErrorCode::kCorruptFile, "a WordPiece vocabulary without an unknown token");
  special.add_bos = special.bos.has_value();
  special.add_eos = parts.closing.has_value();
  const bool lowercase = metadata.boolean(key("normalizer.lowercase")).value_or(true);
  const WordPieceOptions options{
      .lowercase = lowercase, .strip_accents = metadata.boolean(key("normalizer.strip_accents")).value_or(lowercase)};
  HEARTH_TRY(parts.sub_words, make_wordpiece_sub_words(parts.vocabulary, *special.unknown, options));
  return {};
}

// The charsmap is an array of bytes, signed or not.
std::string read_bytes(const formats::Metadata& metadata, std::string_view name) {
  std::string bytes;
  if (const auto* values = metadata.integers(key(name))) {
    bytes.reserve(values->size());
    for (const std::int64_t value : *values) bytes += static_cast<char>(value);
  } else if (const auto text = metadata.text(key(name))) {
    bytes = *text;
  }
  return bytes;
}

Status fill_t5(const formats::Metadata& metadata, Parts& parts) {
  auto& special = parts.special;
  special.unknown = id_or(special.unknown, parts.vocabulary, 2);
  special.eos = id_or(special.eos, parts.vocabulary, 1);
  if (!special.unknown) return fail(ErrorCode::kCorruptFile, "a Unigram vocabulary without an unknown token");
  read_add_flags(metadata, special, false, true);
  const std::string charsmap = read_bytes(metadata, "precompiled_charsmap");
  const UnigramOptions options{
      .unknown = *special.unknown,
      .add_space_prefix = metadata.boolean(key("add_space_prefix")).value_or(true),
      .remove_extra_whitespaces = metadata.boolean(key("remove_extra_whitespaces")).value_or(false),
      .precompiled_charsmap = charsmap};
  HEARTH_TRY(parts.sub_words, make_unigram_sub_words(parts.vocabulary, options));
  return {};
}

// Tokens are written as Python would write their bytes.
Status fill_rwkv(const formats::Metadata& metadata, Parts& parts) {
  std::vector<std::string> pieces;
  std::vector<TokenKind> kinds;
  for (TokenId id = 0; id < parts.vocabulary.size(); ++id) {
    const std::string& stored = parts.vocabulary.piece(id);
    kinds.push_back(parts.vocabulary.kind(id));
    auto bytes = kinds.back() == TokenKind::kNormal ? unescape_python(stored, /*is_bytes=*/true) : stored;
    if (!bytes) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("tokenizer.ggml.tokens: token {} has a broken escape: {}", id, stored));
    }
    pieces.push_back(*std::move(bytes));
  }
  parts.vocabulary = Vocabulary(std::move(pieces), {}, std::move(kinds));
  read_add_flags(metadata, parts.special, false, false);
  parts.sub_words = make_rwkv_sub_words(parts.vocabulary);
  return {};
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// Which special tokens swallow white space is not in the file; it goes by the names that the families use.
void find_stripping_tokens(const formats::Metadata& metadata, Parts& parts) {
  const std::string_view pre = metadata.text(key("pre")).value_or("");
  const std::string_view arch = metadata.text("general.architecture").value_or("");
  const std::string name = lower(metadata.text("general.name").value_or(""));
  const Vocabulary& vocabulary = parts.vocabulary;
  if (name.find("phi-3") != std::string::npos || name.find("phi3") != std::string::npos) {
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      const std::string& piece = vocabulary.piece(id);
      const bool literal = vocabulary.kind(id) == TokenKind::kControl || vocabulary.kind(id) == TokenKind::kUserDefined;
      if (literal && piece != "<s>" && piece != "<|endoftext|>") parts.strips_right.push_back(id);
    }
  }
  if (pre.starts_with("jina-v2-") || arch == "nomic-bert-moe" || arch == "jina-bert-v3") {
    if (const auto mask = vocabulary.find("<mask>")) parts.strips_left.push_back(*mask);
  }
  if (pre == "modern-bert") {
    if (const auto mask = vocabulary.find("[MASK]")) parts.strips_left.push_back(*mask);
  }
}

struct Kind {
  std::string_view model;
  Status (*fill)(const formats::Metadata&, Parts&);
};
constexpr std::array kKinds = {
    Kind{"llama", fill_llama}, Kind{"gpt2", fill_gpt2}, Kind{"gemma4", fill_gpt2},
    Kind{"bert", fill_bert},   Kind{"t5", fill_t5},     Kind{"rwkv", fill_rwkv},
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_gguf_tokenizer(const formats::Metadata& metadata) {
  const std::string_view model = metadata.text(key("model")).value_or("none");
  if (model == "none" || model == "no_vocab") return fail(ErrorCode::kNotFound, "the file has no vocabulary");
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& row) { return row.model == model; });
  if (kind == kKinds.end()) {
    return fail(ErrorCode::kUnsupported, fmt::format("a vocabulary of kind '{}' is not supported", model));
  }
  HEARTH_TRY(Vocabulary vocabulary, read_vocabulary(metadata));
  Parts parts{.vocabulary = std::move(vocabulary)};
  parts.special = read_special(metadata, parts.vocabulary);
  find_end_of_generation(parts.vocabulary, parts.special);
  HEARTH_TRY_VOID(kind->fill(metadata, parts));
  if (parts.special.eos && !parts.closing) {
    auto& ends = parts.special.end_of_generation;
    if (!std::binary_search(ends.begin(), ends.end(), *parts.special.eos)) {
      ends.insert(std::lower_bound(ends.begin(), ends.end(), *parts.special.eos), *parts.special.eos);
    }
  }
  find_stripping_tokens(metadata, parts);
  return make_vocabulary_tokenizer(std::move(parts));
}

}  // namespace hearth::text
