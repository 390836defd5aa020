// Creates tokenizers from what model folders and GGUF files hold.
//
// Called by backends when a model loads. Every input is untrusted: a broken vocabulary is corrupt_file, naming the
// entry, never a crash.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "text/token_roles.h"
#include "text/tokenizer.h"

namespace hearth::text {

// From the keys tokenizer.ggml.*. not_found when the file has no vocabulary (model "none" or no such key), unsupported
// for a vocabulary kind that this build does not know.
Result<std::unique_ptr<Tokenizer>> make_gguf_tokenizer(const formats::Metadata& metadata);

// From tokenizer.json.
Result<std::unique_ptr<Tokenizer>> make_tokenizer_from_json(std::string_view tokenizer_json,
                                                            const TokenRoles& roles = {});

// From tokenizer.model, a serialised sentencepiece ModelProto.
Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(std::string_view model_proto_bytes,
                                                                const TokenRoles& roles = {});

// From vocab.json and merges.txt: byte-level BPE with the pattern of GPT-2, or that of Qwen2 where the roles say so.
Result<std::unique_ptr<Tokenizer>> make_vocab_merges_tokenizer(std::string_view vocab_json,
                                                               std::string_view merges_text,
                                                               const TokenRoles& roles = {});

// From rwkv_vocab_v20230424.txt, the vocabulary of RWKV's World models: lines `id literal length`, the literal as
// Python writes texts and bytes. Id 0, which the file leaves out, ends a text.
Result<std::unique_ptr<Tokenizer>> make_rwkv_tokenizer(std::string_view vocabulary_text);

}  // namespace hearth::text
