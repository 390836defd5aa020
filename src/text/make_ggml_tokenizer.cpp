#include "text/make_ggml_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/byte_level.h"
#include "text/make_tokenizer.h"
#include "text/recovered_merges.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

using Texts = std::vector<std::string>;

// Sentencepiece puts the 256 byte tokens of LLaMA's vocabulary behind these.
constexpr std::array<std::string_view, 3> kLlamaControls = {"<unk>", "<s>", "</s>"};
constexpr std::size_t kFirstByte = kLlamaControls.size();
constexpr std::size_t kFirstPiece = kFirstByte + 256;
// What converters wrote as the score of tokens that a fine-tune added behind the vocabulary.
constexpr float kAddedScore = -1000.0F;

void set_text(formats::Metadata& metadata, std::string_view name, std::string_view value) {
  metadata.set(fmt::format("tokenizer.ggml.{}", name), {std::string(value)});
}

void set_id(formats::Metadata& metadata, std::string_view name, std::int64_t id) {
  metadata.set(fmt::format("tokenizer.ggml.{}_token_id", name), {id});
}

bool is_byte_token(const Texts& tokens, std::size_t id) {
  return id >= kFirstByte && id < kFirstPiece && tokens[id].size() == 1 &&
         static_cast<unsigned char>(tokens[id][0]) == id - kFirstByte;
}

// A trained vocabulary is numbered in the order of its merges, which is what the scores say: 0, -1, -2, …
std::vector<float> llama_scores(const formats::Metadata& metadata, std::size_t n_tokens) {
  const auto* stored = metadata.floats("ggml.scores");
  const bool says_something = stored != nullptr && stored->size() == n_tokens &&
                              std::ranges::any_of(*stored, [](float score) { return score != 0.0F; });
  if (says_something) {
    return *stored;
  }
  std::vector<float> scores(n_tokens, 0.0F);
  for (std::size_t id = kFirstPiece; id < n_tokens; ++id) {
    scores[id] = -static_cast<float>(id - kFirstPiece);
  }
  return scores;
}

// The tokens at the end that have the score of added ones, which is higher than that of the tokens before them.
std::size_t first_added(const std::vector<float>& scores) {
  std::size_t first = scores.size();
  while (first > kFirstPiece && scores[first - 1] == kAddedScore) {
    --first;
  }
  const bool is_added = first > kFirstPiece && scores[first - 1] < kAddedScore;
  return is_added ? first : scores.size();
}

formats::Metadata llama_vocabulary(const formats::Metadata& metadata, const Texts& tokens) {
  std::vector<float> scores = llama_scores(metadata, tokens.size());
  const std::size_t added = first_added(scores);
  Texts pieces;
  std::vector<std::int64_t> kinds;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    TokenKind kind = TokenKind::kNormal;
    std::string piece = mark_spaces(tokens[id]);
    if (id < kLlamaControls.size()) {
      kind = id == 0 ? TokenKind::kUnknown : TokenKind::kControl;
      piece = kLlamaControls[id];
    } else if (is_byte_token(tokens, id)) {
      kind = TokenKind::kByte;
      piece = fmt::format("<0x{:02X}>", id - kFirstByte);
    } else if (id >= added) {
      kind = TokenKind::kUserDefined;
      piece = tokens[id];
    }
    pieces.push_back(std::move(piece));
    kinds.push_back(static_cast<std::int64_t>(kind));
  }
  formats::Metadata vocabulary;
  set_text(vocabulary, "model", "llama");
  vocabulary.set("tokenizer.ggml.tokens", {std::move(pieces)});
  vocabulary.set("tokenizer.ggml.scores", {std::move(scores)});
  vocabulary.set("tokenizer.ggml.token_type", {std::move(kinds)});
  return vocabulary;
}

// Pieces with scores, as sentencepiece's Unigram stores them; text becomes pieces without a space put before it.
formats::Metadata unigram_vocabulary(const formats::Metadata& metadata, const Texts& tokens) {
  formats::Metadata vocabulary;
  set_text(vocabulary, "model", "t5");
  vocabulary.set("tokenizer.ggml.tokens", {tokens});
  const auto* scores = metadata.floats("ggml.scores");
  vocabulary.set("tokenizer.ggml.scores", {scores == nullptr ? std::vector<float>(tokens.size(), 0.0F) : *scores});
  set_id(vocabulary, "unknown", 0);
  vocabulary.set("tokenizer.ggml.add_space_prefix", {false});
  vocabulary.set("tokenizer.ggml.add_eos_token", {false});
  return vocabulary;
}

std::string_view pre_tokenizer_of(std::string_view architecture) {
  for (const std::string_view same : {"starcoder", "bloom", "falcon"}) {
    if (architecture == same) {
      return same;
    }
  }
  return "gpt-2";
}

formats::Metadata byte_level_vocabulary(const formats::Metadata& metadata, const Texts& tokens) {
  const RecoveredVocabulary recovered = recover_merges(tokens);
  Texts pieces;
  std::vector<std::int64_t> kinds;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const TokenKind kind = recovered.kinds[id];
    const bool is_literal = kind == TokenKind::kControl || kind == TokenKind::kUserDefined;
    pieces.push_back(is_literal ? recovered.tokens[id] : bytes_to_byte_level(recovered.tokens[id]));
    kinds.push_back(static_cast<std::int64_t>(kind));
  }
  formats::Metadata vocabulary;
  set_text(vocabulary, "model", "gpt2");
  set_text(vocabulary, "pre", pre_tokenizer_of(metadata.text("general.architecture").value_or("")));
  vocabulary.set("tokenizer.ggml.tokens", {std::move(pieces)});
  vocabulary.set("tokenizer.ggml.token_type", {std::move(kinds)});
  const Texts* merges = metadata.texts("ggml.merges");
  vocabulary.set("tokenizer.ggml.merges", {merges == nullptr ? recovered.merges : *merges});
  vocabulary.set("tokenizer.ggml.add_bos_token", {false});
  return vocabulary;
}

// The token that ends a text: LLaMA's is known by its number.
void find_end(formats::Metadata& vocabulary, const Texts& tokens) {
  for (const std::string_view name : {"<|endoftext|>", "</s>"}) {
    const auto found = std::ranges::find(tokens, name);
    if (found != tokens.end()) {
      set_id(vocabulary, "eos", found - tokens.begin());
      return;
    }
  }
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_ggml_tokenizer(const formats::Metadata& metadata) {
  const Texts* tokens = metadata.texts("ggml.tokens");
  if (tokens == nullptr || tokens->empty()) {
    return fail(ErrorCode::kNotFound, "the file has no vocabulary");
  }
  const std::string_view architecture = metadata.text("general.architecture").value_or("");
  if (architecture == "llama") {
    return make_gguf_tokenizer(llama_vocabulary(metadata, *tokens));
  }
  formats::Metadata vocabulary =
      architecture == "replit" ? unigram_vocabulary(metadata, *tokens) : byte_level_vocabulary(metadata, *tokens);
  find_end(vocabulary, *tokens);
  return make_gguf_tokenizer(vocabulary);
}

}  // namespace hearth::text
