// LLaMA models of early 2023 in several files: model.bin, model.bin.1, …, one per GPU of the original checkpoint.
//
// Each part has the whole header and vocabulary and a slice of every matrix: some are split by columns, the others by
// rows; vectors are in every part. Source: llama.cpp's loader of April 2023. ggml.cpp finds and joins the parts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/ggml_part.h"

namespace hearth::formats {

// How many files the model has, by the columns of the embedding in its first part. 1 for other architectures.
// Errors: corrupt_file (the embedding's columns are no part of n_embd).
Result<int> count_ggml_parts(const GgmlPart& first);

// The tensors of the whole model. Matrices are rewritten into `owned` (file_index -1); pages of `files`, which may be
// empty, are given back part by part. `names` says what messages call the parts. Errors: corrupt_file naming the part
// and the tensor.
Result<std::vector<TensorView>> join_ggml_parts(std::span<const GgmlPart> parts, std::span<const std::string> names,
                                                std::span<const base::MappedFile> files,
                                                std::deque<std::vector<std::byte>>& owned);

}  // namespace hearth::formats
