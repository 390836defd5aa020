// LocalAI's backend names: there each stood for a program of its own that read certain files. Here one engine reads
// them all, so a name only says what the file should be.
//
// Called when a model loads whose YAML has `backend` or `quantization`; a file that does not fit is an error that says
// what it is, since another file than the one meant would answer otherwise.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::backends {

// What an opened model is, in words: "a GGUF file (llama)", "a GPTQ model (llama)", "an RWKV 4 model".
std::string describe_model(const formats::Checkpoint& checkpoint);

// `backend` and `quantization` may be empty. A name that is no backend for text of LocalAI passes.
// Errors: unsupported, naming the file, what it is and what the backend reads.
Status check_backend(const formats::Checkpoint& checkpoint, std::string_view backend, std::string_view quantization);

// True for the name of one of LocalAI's backends for text: its YAML expects LocalAI's defaults.
bool is_localai_backend(std::string_view backend);

// What ends a reply where neither request nor YAML say: LocalAI's rwkv stopped at the end of a line.
std::vector<std::string> default_stop_texts(std::string_view backend);

}  // namespace hearth::backends
