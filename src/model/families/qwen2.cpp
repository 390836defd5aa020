// Qwen2 and Qwen2.5: as Llama, with biases on query, key and value.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"qwen2"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  spec.qkv_bias = true;
  return ModelPlan{std::move(spec), {}};
}

}  // namespace

const Family kQwen2Family = {.name = "qwen2", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
