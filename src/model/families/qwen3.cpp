// Qwen3, dense and with experts: as Llama, with a norm on every head of query and key.
#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"qwen3", "qwen3moe"};

Result<ArchSpec> spec_from_gguf(const formats::Metadata& metadata, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(metadata, architecture).read_common());
  spec.qk_norm = true;
  return spec;
}

}  // namespace

const Family kQwen3Family = {
    .name = "qwen3", .gguf_architectures = kArchitectures, .spec_from_gguf = spec_from_gguf, .gguf_tensors = {}};

}  // namespace hearth::model
