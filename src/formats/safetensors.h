// safetensors: the container of Hugging Face, a JSON header and raw tensors, in one file or several shards.
//
// Source: the format's description (huggingface/safetensors README). weight_files finds the files and open_checkpoint
// maps them; this reader works over bytes in memory, so that it can be fuzzed. It believes nothing: the header is at
// most 100 MB, every offset is checked against the file, tensors do not overlap, sizes equal shape times dtype.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/named_bytes.h"

namespace hearth::formats {

// The tensors of one file, in the order of the header; the views point into `bytes`. Extents may be zero. Data need
// not be aligned to the width of its type. Messages do not name the file; the caller puts it in front.
// Errors: corrupt_file; unsupported for a dtype that Hearth has no encoding for.
Result<std::vector<TensorView>> parse_safetensors(std::span<const std::byte> bytes);

// The encoding of a dtype as safetensors spells it. BOOL counts as U8, and the unsigned integers U16, U32 and U64,
// which only carry packed bits, as the signed ones of their width.
std::optional<quant::BlockType> block_type_from_dtype(std::string_view dtype);

}  // namespace hearth::formats
