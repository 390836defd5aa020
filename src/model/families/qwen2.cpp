// Qwen2 and Qwen2.5: as Llama, with biases on query, key and value.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"qwen2"};
constexpr std::string_view kHfNames[] = {"qwen2"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  spec.qkv_bias = true;
  return ModelPlan{std::move(spec), {}};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common({.default_context = 32768}));
  spec.qkv_bias = true;
  HEARTH_TRY_VOID(keys.read_upper_windows(spec));
  TensorTable tensors = hf_tensors();
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kQwen2Family = {.name = "qwen2", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
