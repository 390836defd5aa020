// SmolLM3: as Llama, but every fourth layer does not turn its queries and keys.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"smollm3"};
constexpr std::string_view kHfNames[] = {"smollm3"};
constexpr std::int32_t kNoRopeStep = 4;  // not in GGUF files

constexpr TensorTable kTensors = {
    .query = {.name = "blk.{layer}.attn_q", .order = RowOrder::kFromPairs},
    .key = {.name = "blk.{layer}.attn_k", .order = RowOrder::kFromPairs},
};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  for (std::int32_t i = kNoRopeStep - 1; i < spec.n_layers; i += kNoRopeStep) {
    spec.layers[static_cast<std::size_t>(i)].rope_class = kNoRope;
  }
  return ModelPlan{std::move(spec), kTensors};
}

// Layers without rope: listed one by one (0), or each of a step.
Status remove_rope(const HfKeys& keys, ArchSpec& spec) {
  HEARTH_TRY(const std::int32_t step, keys.count("no_rope_layer_interval", kNoRopeStep, 1 << 12));
  const std::vector<std::int64_t>* has_rope = keys.integers("no_rope_layers");
  if (has_rope != nullptr && has_rope->size() != spec.layers.size()) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("no_rope_layers: expected {} numbers, found {}", spec.layers.size(), has_rope->size()));
  }
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const bool turns = has_rope != nullptr ? (*has_rope)[i] != 0 : (i + 1) % static_cast<std::size_t>(step) != 0;
    spec.layers[i].rope_class = turns ? 0 : kNoRope;
  }
  return {};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec,
             keys.read_common({.default_kv_heads = 4, .default_context = 32768, .default_rope_base = 2000000.0}));
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  spec.attention_output_bias = spec.qkv_bias;
  HEARTH_TRY(spec.ffn_bias, keys.flag("mlp_bias", false));
  HEARTH_TRY_VOID(remove_rope(keys, spec));
  HEARTH_TRY_VOID(keys.read_upper_windows(spec));
  TensorTable tensors = hf_tensors();
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kSmollm3Family = {.name = "smollm3", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
