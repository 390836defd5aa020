// VocabularyTokenizer: the Tokenizer over a bare vocabulary: special tokens are split off, the rest goes to SubWords.
//
// Serves GGUF vocabularies, vocab.json with merges.txt, and tokenizer.model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/special_splitter.h"
#include "text/sub_words.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace hearth::text {

struct VocabularyTokenizerParts {
  Vocabulary vocabulary;
  std::unique_ptr<SubWords> sub_words;
  SpecialTokens special;
  std::optional<TokenId> closing;    // put at the end instead of EOS where special.add_eos is set: BERT's [SEP]
  std::vector<TokenId> strips_left;  // special tokens that swallow the white space before or behind them
  std::vector<TokenId> strips_right;
};

std::unique_ptr<Tokenizer> make_vocabulary_tokenizer(VocabularyTokenizerParts parts);

}  // namespace hearth::text
