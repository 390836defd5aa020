// What a GGUF file says about itself (split.no, split.count), compared with its place among the shards of a model.
//
// Called by gguf.cpp for every file that it joins; shard_name.h finds the files.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

// Errors if the metadata of file `index` (from 0) of `count` says that it is another one.
Status check_gguf_shard(const Metadata& metadata, std::size_t index, std::size_t count);

}  // namespace hearth::formats
