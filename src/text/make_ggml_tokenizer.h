// The tokenizer of a ggml file of 2023, from its keys ggml.tokens, ggml.scores and ggml.merges.
//
// Those files hold tokens as the bytes they print and often nothing else. What a vocabulary of GGUF has besides (kinds
// of tokens, merges, scores) is recovered, and the result is run as such. Called by backends when a model loads.
#pragma once

#include <memory>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "text/tokenizer.h"

namespace hearth::text {

// general.architecture decides what kind of vocabulary it is: LLaMA's is sentencepiece's BPE, whose scores follow from
// the order of the tokens where the file has none; Replit's is Unigram; all others are byte-level BPE. Errors:
// not_found (no vocabulary), corrupt_file.
Result<std::unique_ptr<Tokenizer>> make_ggml_tokenizer(const formats::Metadata& metadata);

}  // namespace hearth::text
