// PreTokenizer: how the text of a byte-level BPE vocabulary is cut into words before merges apply.
//
// A GGUF file names its pre-tokenizer by an id in tokenizer.ggml.pre; this is the table of the ids met in the wild.
#pragma once

#include <span>
#include <string_view>

namespace hearth::text {

struct PreTokenizer {
  // Applied one after the other: matches and the gaps between them become words.
  std::span<const std::string_view> patterns;
  bool byte_level = true;      // false: pieces are UTF-8 with "▁" for spaces, like sentencepiece's
  bool ignore_merges = false;  // a whole word that is in the vocabulary is one token
  bool add_bos = false;        // where the file has no add_bos_token
  bool known = true;
};

// An unknown id gives the default pre-tokenizer with known = false; "" is "default".
PreTokenizer pre_tokenizer_for(std::string_view id);

}  // namespace hearth::text
