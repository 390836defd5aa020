// make_tokenizer_for: the tokenizer of an opened model, from wherever its format keeps it.
//
// GGUF and ggml files hold a vocabulary; a hub folder holds tokenizer.json, tokenizer.model or vocab.json with
// merges.txt, and files that give the tokens their roles; RWKV files have theirs beside them. A file MODEL of any
// format may have its own MODEL.tokenizer.json beside it. Called by backends when a model loads, and by app.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "text/tokenizer.h"

namespace hearth::text {

struct ModelTokenizer {
  std::unique_ptr<Tokenizer> tokenizer;
  std::string origin;    // "tokenizer.json", "vocab.json and merges.txt", "the file's own vocabulary"
  std::string identity;  // changes whenever one of the files beside the weights does; for the fingerprint
};

// `named`: the file or folder that a configuration names instead; empty for none.
// Errors: unsupported with the names that were looked for when there is none, corrupt_file naming file and entry.
Result<ModelTokenizer> make_tokenizer_for(const formats::Checkpoint& checkpoint,
                                          const std::filesystem::path& named = {});

}  // namespace hearth::text
