// Merges of a byte-pair encoding, recovered from a vocabulary that was stored without them.
//
// The ggml files of 2023 hold the tokens of GPT-2's kin and not the merges, and the programs of that time took the
// longest token that matched instead, which gives other ids. A trained vocabulary numbers its tokens in the order of
// their merges, so splitting a token by the merges before it gives the two halves that it was made of.
// make_ggml_tokenizer calls this.
#pragma once

#include <string>
#include <vector>

#include "text/vocabulary.h"

namespace hearth::text {

struct RecoveredVocabulary {
  // kControl: "<|endoftext|>" and its kin. kUserDefined: other text that no merges lead to, such as runs of spaces
  // that were added to the vocabulary. kUnused: tokens that text cannot become (duplicates, characters lost by the
  // converter). kNormal: all others.
  std::vector<TokenKind> kinds;
  std::vector<std::string> merges;  // "left right" in the byte alphabet of GPT-2, in order of rank
  // Where the converter lost the bytes from 128 up, they are put right here.
  std::vector<std::string> tokens;
};

// tokens: raw bytes, in the order of their ids.
RecoveredVocabulary recover_merges(const std::vector<std::string>& tokens);

}  // namespace hearth::text
