// The tensor records of the ggml files of 2023: one after the other up to the end of the file.
//
// A record is dimensions, name length, encoding, extents, name, data. LLaMA's containers, those of the other
// architectures (ggml.cpp) and rwkv.cpp's (rwkv_cpp.cpp) differ only in what an encoding's number means and in whether
// the data is aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "formats/checkpoint.h"
#include "quant/block_type.h"

namespace hearth::formats {

struct GgmlRecordRules {
  // What the number of an encoding means in this file. Errors: corrupt_file, unsupported; naming the number.
  Result<quant::BlockType> (*encoding)(std::uint32_t id);
  // The data of a tensor starts at a multiple of this many bytes from the start of the file.
  std::size_t alignment = 1;
};

// What stands before the data of a tensor.
struct GgmlRecordHead {
  std::string_view name;
  std::uint32_t encoding = 0;
  std::vector<std::int64_t> shape;  // outermost first, [out, in]
};

// Errors: corrupt_file. Messages name the tensor, by its number as long as its name is not known.
Result<GgmlRecordHead> read_ggml_record_head(base::ByteReader& reader, std::size_t index);

// All tensors from the reader's place to the end. `reader` must have started at the first byte of the file, which is
// what alignment counts from. Errors: corrupt_file, unsupported; messages name the tensor, not the file.
Result<std::vector<TensorView>> read_ggml_records(base::ByteReader& reader, const GgmlRecordRules& rules);

}  // namespace hearth::formats
