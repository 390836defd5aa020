// Qwen2 and Qwen2.5: as Llama, with biases on query, key and value.
#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"qwen2"};

Result<ArchSpec> spec_from_gguf(const formats::Metadata& metadata, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(metadata, architecture).read_common());
  spec.qkv_bias = true;
  return spec;
}

}  // namespace

const Family kQwen2Family = {
    .name = "qwen2", .gguf_architectures = kArchitectures, .spec_from_gguf = spec_from_gguf, .gguf_tensors = {}};

}  // namespace hearth::model
