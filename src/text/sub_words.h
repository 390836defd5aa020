// SubWords: how one kind of vocabulary cuts plain text into tokens and puts them together again.
//
// One implementation per algorithm: sentencepiece, byte-level BPE, WordPiece, Unigram. VocabularyTokenizer owns one and
// deals with special tokens itself. Implementations are immutable and thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace hearth::text {

class SubWords {
 public:
  virtual ~SubWords() = default;

  // Appends the tokens of a stretch of text that holds no special token. at_start: it follows a special token or
  // nothing.
  virtual Status encode(std::string_view text, bool at_start, std::vector<TokenId>& ids) const = 0;

  // The bytes of a normal token in the middle of a text.
  virtual std::string bytes(std::string_view piece) const = 0;

  // What decoding a whole text drops at its beginning: the space that encoding put there.
  virtual bool drops_leading_space() const { return false; }
};

struct SentencePieceOptions {
  bool add_space_prefix = true;
};
// A GGUF vocabulary of sentencepiece's BPE, with its scores.
Result<std::unique_ptr<SubWords>> make_sentencepiece_sub_words(const Vocabulary& vocabulary,
                                                               const SentencePieceOptions& options);

// merges: "left right" in order of rank.
Result<std::unique_ptr<SubWords>> make_bpe_sub_words(const Vocabulary& vocabulary, std::span<const std::string> merges,
                                                     const PreTokenizer& pre_tokenizer);

struct WordPieceOptions {
  bool lowercase = true;
  bool strip_accents = true;
};
Result<std::unique_ptr<SubWords>> make_wordpiece_sub_words(const Vocabulary& vocabulary, TokenId unknown,
                                                           const WordPieceOptions& options);

struct UnigramOptions {
  TokenId unknown = 0;
  bool add_space_prefix = true;
  bool remove_extra_whitespaces = true;
  std::string_view precompiled_charsmap;  // bytes; may be empty
};
Result<std::unique_ptr<SubWords>> make_unigram_sub_words(const Vocabulary& vocabulary, const UnigramOptions& options);

}  // namespace hearth::text
