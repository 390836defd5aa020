// The .bin files of rwkv.cpp, versions 100 and 101.
//
// Source: rwkv.cpp's FILE_FORMAT.md and its converter: a header of six numbers, then tensors as in ggml files. Tensors
// keep the names of RWKV's .pth, but the converter computed some values beforehand, which rwkv.is_transformed says.
// open_checkpoint calls open_rwkv_cpp; read_rwkv_cpp is the same reader over bytes in memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

Result<Checkpoint> open_rwkv_cpp(const std::filesystem::path& path);

// Metadata: general.architecture ("rwkv"), rwkv.version, rwkv.is_transformed (true), rwkv.n_vocab, rwkv.n_embed,
// rwkv.n_layer. The views point into `bytes`, which must outlive the result. Messages do not name the file. Errors:
// corrupt_file, unsupported (another version).
Result<Checkpoint> read_rwkv_cpp(std::span<const std::byte> bytes);

}  // namespace hearth::formats
