// config.json and its companions, as the metadata of a checkpoint.
//
// Nested keys are joined by "." (`rope_scaling.factor`), null is left out, an array of one kind of scalars becomes a
// flat array (booleans count as 0 and 1; integers mixed with fractions are numbers), other arrays are skipped. The keys
// of `text_config` (multimodal models) are lifted to the top and win there. `quantization_config.*` comes from
// config.json, else from quantize_config.json (GPTQ) or quant_config.json (AWQ: w_bit and q_group_size are renamed,
// version is in lower case), quant_method filled in; generation_config.json is `generation_config.*`.
// Called by hf_checkpoint; the families of the model read the keys.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

constexpr std::size_t kMaxConfigBytes = std::size_t{16} << 20;

// Errors: not_found without a config.json; corrupt_file naming the file.
Result<Metadata> read_hf_config(const std::filesystem::path& folder);

// Adds the members of an object, each under `prefix` and its key. corrupt_file if the joined keys take too much memory.
Status flatten_json(const Json& object, std::string_view prefix, Metadata& metadata);

}  // namespace hearth::formats
