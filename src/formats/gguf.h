// GGUF: the container of llama.cpp, versions 1 to 3, one file or several shards.
//
// Source: the GGUF specification (ggml/docs/gguf.md). open_checkpoint calls open_gguf; read_gguf is the same reader
// over bytes in memory, for fuzzing and tests. The reader believes nothing: every length is checked against the file
// before use, and nothing is allocated from a count in the file.
#pragma once

#include <filesystem>
#include <span>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/named_bytes.h"

namespace hearth::formats {

// Opens a GGUF file. A name that ends in -00002-of-00003.gguf opens all three shards, whichever of them is named.
Result<Checkpoint> open_gguf(const std::filesystem::path& path);

// Reads all shards of one model, in their order. The views of the result point into `parts`, which must outlive it;
// Checkpoint::files stays empty.
Result<Checkpoint> read_gguf(std::span<const NamedBytes> parts);

}  // namespace hearth::formats
