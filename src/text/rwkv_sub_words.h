// RWKV's World vocabulary: any text is cut into the longest tokens from left to right, over bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/sub_words.h"
#include "text/tokenizer.h"

namespace hearth::text {

// Normal tokens of `vocabulary` are matched byte by byte; empty ones never are.
std::unique_ptr<SubWords> make_rwkv_sub_words(const Vocabulary& vocabulary);

// A tokenizer of these bytes by id; the piece of id 0 is replaced: it ends a text and is no part of one. Errors:
// corrupt_file (no token).
Result<std::unique_ptr<Tokenizer>> make_rwkv_world_tokenizer(std::vector<std::string> pieces);

}  // namespace hearth::text
