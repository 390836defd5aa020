// QuantScheme: how the matrices of a Hugging Face checkpoint are quantised, by its configuration and tensor names.
//
// GPTQ, AWQ, EXL2, FP8 and compressed-tensors keep a matrix as several tensors. Most of what a reader must know follows
// from their shapes and is taken from there, since it may differ from layer to layer ("dynamic", mixed bits) and old
// repositories have no configuration at all; this is the rest. What Hearth does not read is refused here by its name.
// Called by model/quantized_tensors and, to name what a folder is, by describe and backends.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

enum class QuantMethod : std::uint8_t { kNone, kGptq, kAwq, kExl2, kFloat8, kCompressedTensors };

// What stored GPTQ zeros need before they are unpacked.
enum class GptqZeros : std::uint8_t {
  kPlain,      // checkpoint_format "gptq_v2"
  kMinusOne,   // "gptq": every lane holds zero - 1
  kGptqModel,  // "gptq" by GPTQModel: as kMinusOne but for 3 bits, where it subtracts constants of its own
};

enum class AwqVersion : std::uint8_t {
  kByShape,  // not said
  kGemm,
  kGemv,
  kGemvFast,
};

struct QuantScheme {
  QuantMethod method = QuantMethod::kNone;
  std::int64_t group_size = 0;  // columns per scale; 0: not said, -1: all of them
  GptqZeros gptq_zeros = GptqZeros::kMinusOne;
  AwqVersion awq_version = AwqVersion::kByShape;
  // FP8 with one scale per block: rows and columns of a block.
  std::int64_t block_rows = 128;
  std::int64_t block_cols = 128;
};

// Errors: unsupported naming the method, version or format; corrupt_file for a key with a senseless value.
Result<QuantScheme> read_quant_scheme(const Checkpoint& checkpoint);

}  // namespace hearth::formats
