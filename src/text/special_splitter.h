// SpecialSplitter: cuts text at the tokens that are written literally, such as <|im_start|>, before sub-words are
// found.
//
// Longer tokens win over shorter ones wherever they stand, then the leftmost: the rule that GGUF vocabularies were
// tested with. Used by VocabularyTokenizer for every kind of vocabulary that is not a whole tokenizer.json.
#pragma once

#include <bitset>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"

namespace hearth::text {

// How a literal token treats the white space around it.
struct SpecialToken {
  TokenId id = 0;
  bool control = true;  // only found when special tokens are parsed; a user-defined token always is
  bool strips_left = false;
  bool strips_right = false;
};

class SpecialSplitter {
 public:
  // The text must outlive the splitter; empty texts are ignored.
  void add(std::string_view text, SpecialToken token);

  struct Fragment {
    std::string_view text;  // empty for a token
    TokenId id = -1;        // -1 for text
  };
  std::vector<Fragment> split(std::string_view text, bool parse_special) const;

 private:
  struct OfOneLength {
    std::size_t length;
    std::bitset<256> first_bytes;
  };
  struct Match {
    std::size_t begin, end;  // with the stripped white space
    TokenId id;
  };
  std::vector<Match> matches(std::string_view text, bool parse_special) const;

  std::vector<OfOneLength> lengths_;  // longest first
  std::unordered_map<std::string_view, SpecialToken> tokens_;
};

}  // namespace hearth::text
