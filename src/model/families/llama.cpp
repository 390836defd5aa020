// Llama, Mistral and Mixtral: RMS norm, rope, grouped-query attention, SwiGLU; experts where the file has them.
#include <fmt/format.h>

#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"llama", "mistral"};
constexpr std::string_view kHfNames[] = {"llama", "mistral"};

constexpr HfClass kMistral = {.default_kv_heads = 8, .default_context = 131072};

// Converters store query and key rows with rotating pairs side by side.
constexpr TensorTable kTensors = {
    .query = {.name = "blk.{layer}.attn_q", .order = RowOrder::kFromPairs},
    .key = {.name = "blk.{layer}.attn_k", .order = RowOrder::kFromPairs},
};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  HEARTH_TRY(const std::int32_t window, keys.count("attention.sliding_window", 0, 1 << 28));
  set_windows(spec, window, 0);
  return ModelPlan{std::move(spec), kTensors};
}

constexpr std::string_view kGgmlNames[] = {"llama"};

constexpr TensorTable kGgmlTensors = {
    .embedding{"tok_embeddings"},
    .output_norm{"norm"},
    .output{"output"},
    .attention_norm{"layers.{layer}.attention_norm"},
    .query{.name = "layers.{layer}.attention.wq", .order = RowOrder::kFromPairs},
    .key{.name = "layers.{layer}.attention.wk", .order = RowOrder::kFromPairs},
    .value{"layers.{layer}.attention.wv"},
    .attention_output{"layers.{layer}.attention.wo"},
    .ffn_norm{"layers.{layer}.ffn_norm"},
    .gate{"layers.{layer}.feed_forward.w1"},
    .up{"layers.{layer}.feed_forward.w3"},
    .down{"layers.{layer}.feed_forward.w2"},
};

// The header knows neither heads of keys and values nor the feed-forward size, nor what Llama 2 changed: its context,
// and an epsilon of 1e-5, which people passed to the programs of that time. A model with fewer key heads is Llama 2.
Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  HEARTH_TRY(const std::int32_t key_rows, keys.rows_of("layers.0.attention.wk.weight", spec.hidden_dim));
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("layers.0.feed_forward.w1.weight", kMaxGgmlDim));
  spec.n_kv_heads = key_rows / spec.head_dim;
  if (spec.n_kv_heads < 1 || key_rows % spec.head_dim != 0 || spec.n_heads % spec.n_kv_heads != 0) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor layers.0.attention.wk.weight: expected rows for a divisor of {} heads of {}, found "
                            "{}",
                            spec.n_heads, spec.head_dim, key_rows));
  }
  const bool is_second = spec.n_kv_heads < spec.n_heads;
  HEARTH_TRY(const double eps, keys.number("rms_norm_eps", is_second ? 1e-5 : 1e-6));
  spec.norm_eps = static_cast<float>(eps);
  spec.trained_context = is_second ? 4096 : 2048;
  return ModelPlan{std::move(spec), kGgmlTensors};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view model_type) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(model_type == "mistral" ? kMistral : HfClass{}));
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  spec.attention_output_bias = spec.qkv_bias;
  HEARTH_TRY(spec.ffn_bias, keys.flag("mlp_bias", false));
  HEARTH_TRY(const std::int32_t window, keys.window());
  set_windows(spec, model_type == "mistral" ? window : 0, 0);
  TensorTable tensors = hf_tensors();
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kLlamaFamily = {
    .name = "llama", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
