// Tokenizer: text to token ids and back, one interface over every kind of vocabulary.
//
// Implementations wrap sentencepiece or, through the Rust bridge, the tokenizers crate; make_tokenizer.h creates them.
// A tokenizer never changes after its creation, so any number of threads may use it at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hearth::text {

using TokenId = std::int32_t;

struct EncodeOptions {
  bool add_special = true;    // BOS, EOS, [CLS] … where the model's settings ask for them
  bool parse_special = true;  // text like "<|im_end|>" becomes the control token of that name
};

// The tokens with a role. An id is absent where the vocabulary names none.
struct SpecialTokens {
  std::optional<TokenId> bos, eos, eot, eom, unknown, padding;
  bool add_bos = false;
  bool add_eos = false;
  std::vector<TokenId> end_of_generation;  // ascending; every token that ends a reply: eos, eot, eom and their kin
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // invalid_argument for text that cannot be encoded (a vocabulary without an unknown token).
  virtual Result<std::vector<TokenId>> encode(std::string_view text, const EncodeOptions& options) const = 0;

  virtual int n_tokens() const = 0;

  // The raw bytes that a token contributes in the middle of a text: may be a part of a UTF-8 character. Control tokens
  // give "" unless include_special; an id outside the vocabulary always gives "".
  virtual std::string token_bytes(TokenId id, bool include_special) const = 0;

  // The text of a whole sequence, as the reference implementation decodes it (a leading space of sentencepiece is
  // dropped). Invalid UTF-8 becomes U+FFFD.
  virtual std::string decode(std::span<const TokenId> ids, bool include_special) const = 0;

  // The token as the vocabulary stores it ("Ġthe", "▁the"); "" outside the vocabulary.
  virtual std::string piece(TokenId id) const = 0;

  virtual std::optional<TokenId> find_piece(std::string_view piece) const = 0;

  virtual bool is_control(TokenId id) const = 0;

  virtual const SpecialTokens& special() const = 0;
};

}  // namespace hearth::text
