// TokenRoles: what the files beside a hub tokenizer say about its tokens, tokenizer_config.json above all.
//
// A tokenizer.json or tokenizer.model knows its pieces but not always which of them begins or ends a text. Read once by
// make_tokenizer_for and given to the makers of make_tokenizer.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace hearth::text {

// An id beyond this is no token: no vocabulary comes near it, and it would make tables huge.
constexpr TokenId kMaxTokenId = TokenId{1} << 22;

// A token that was added to a vocabulary after its training.
struct AddedToken {
  TokenId id = 0;
  std::string piece;
  bool special = false;
  bool strips_left = false;  // swallows the white space before it
  bool strips_right = false;
};

struct TokenRoles {
  std::string tokenizer_class;  // "LlamaTokenizer", "GPT2Tokenizer"; empty where no file says
  std::string model_type;       // config.json's, for the defaults of families whose files say nothing
  std::optional<std::string> bos, eos, unknown, padding;  // pieces
  std::optional<bool> add_bos, add_eos, add_prefix_space, legacy;
  std::vector<AddedToken> added;          // ascending ids, each once
  std::optional<TokenId> bos_id, eos_id;  // for want of a piece
  std::vector<TokenId> end_ids;           // tokens that end a reply
};

// The files' contents; an empty one is not there.
struct TokenRoleFiles {
  std::string_view tokenizer_config;    // tokenizer_config.json
  std::string_view special_tokens_map;  // special_tokens_map.json; tokenizer_config.json wins
  std::string_view added_tokens;        // added_tokens.json, of old folders; tokenizer_config.json wins
};

// corrupt_file naming the file and the key.
Result<TokenRoles> read_token_roles(const TokenRoleFiles& files);

// bos, eos, unknown and padding as far as the vocabulary has their pieces or ids.
SpecialTokens special_tokens_of(const TokenRoles& roles, const Vocabulary& vocabulary);

// corrupt_file if a token's id lies so far beyond the vocabulary's n_tokens that the holes would take more memory than
// the files are worth.
Status check_added_ids(const TokenRoles& roles, std::size_t n_tokens);
// The largest id that a vocabulary of n_tokens entries may use.
std::size_t max_sparse_id(std::size_t n_tokens);

// Adds roles.end_ids to special.end_of_generation as far as they are in the vocabulary.
void add_end_ids(const TokenRoles& roles, const Vocabulary& vocabulary, SpecialTokens& special);

}  // namespace hearth::text
