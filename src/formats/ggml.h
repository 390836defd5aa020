// The ggml files of 2023: ggml, ggmf, ggjt v1 to v3 and ggcc, of LLaMA and of the other architectures of that time.
//
// Source: llama.cpp, ggml's examples, bloomz.cpp and ggllm.cpp of 2023. Metadata keys are general.architecture,
// ggml.<header field>, ggml.tokens, ggml.scores and ggml.merges; tensors keep their names. open_checkpoint calls
// open_ggml; read_ggml is the same reader over bytes in memory, for fuzzing and tests.
#pragma once

#include <filesystem>
#include <span>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/gguf.h"

namespace hearth::formats {

// Opens a file, and with model.bin (or any of its parts) also model.bin.1, model.bin.2, … where the model has them.
Result<Checkpoint> open_ggml(const std::filesystem::path& path);

// Reads all parts of one model, in their order. The views of the result point into `parts`, which must outlive it;
// Checkpoint::files stays empty.
Result<Checkpoint> read_ggml(std::span<const NamedBytes> parts);

}  // namespace hearth::formats
