// Detokenizer: turns the tokens of one reply into text as they come, one instance per choice.
//
// Text leaves only when it is certain: bytes of an unfinished UTF-8 character wait for the next token, and bytes that
// can never become one are replaced by U+FFFD, one per maximal invalid part as in the Unicode standard's
// recommendation.
#pragma once

#include <string>

#include "text/tokenizer.h"

namespace hearth::text {

class Detokenizer {
 public:
  // The tokenizer must outlive this.
  explicit Detokenizer(const Tokenizer& tokenizer, bool include_special = false);

  // The text that became certain with this token; often one piece, "" while a character is incomplete.
  std::string push(TokenId id);

  // What is left at the end of the reply: U+FFFD for an unfinished character.
  std::string flush();

 private:
  const Tokenizer* tokenizer_;
  bool include_special_;
  std::string pending_;  // an incomplete UTF-8 sequence, at most 3 bytes
};

}  // namespace hearth::text
