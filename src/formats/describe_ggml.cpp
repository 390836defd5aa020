#include "formats/describe_ggml.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace hearth::formats {
namespace {

std::optional<std::int64_t> first_field(const Metadata& metadata, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto value = metadata.integer(fmt::format("ggml.{}", name))) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> rows_of(const Checkpoint& checkpoint, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const TensorView* tensor = checkpoint.find(name);
    if (tensor != nullptr && tensor->shape.size() == 2) {
      return tensor->n_rows();
    }
  }
  return std::nullopt;
}

// LLaMA's header does not say how many heads keys and values have; their rows do.
std::optional<std::int64_t> n_kv_heads(const Checkpoint& checkpoint, const CheckpointSummary& summary) {
  if (const auto stored = first_field(checkpoint.metadata, {"n_head_kv"})) {
    return stored;
  }
  const auto key_rows = rows_of(checkpoint, {"layers.0.attention.wk.weight"});
  const bool is_known = key_rows && summary.n_heads && summary.hidden_dim.value_or(0) > 0;
  return is_known ? *key_rows * *summary.n_heads / *summary.hidden_dim : summary.n_heads;
}

std::string_view tokenizer_of(std::string_view architecture) {
  if (architecture == "llama") {
    return "llama";
  }
  return architecture == "replit" ? "t5" : "gpt2";
}

}  // namespace

void describe_ggml(const Checkpoint& checkpoint, CheckpointSummary& summary) {
  const Metadata& metadata = checkpoint.metadata;
  summary.context_length = first_field(metadata, {"n_ctx", "max_seq_len"});
  summary.n_layers = first_field(metadata, {"n_layer", "n_layers"});
  summary.hidden_dim = first_field(metadata, {"n_embd", "d_model"});
  summary.n_heads = first_field(metadata, {"n_head", "n_heads"});
  summary.vocab_size = first_field(metadata, {"n_vocab"});
  summary.n_kv_heads = n_kv_heads(checkpoint, summary);
  summary.ffn_dim =
      rows_of(checkpoint, {"layers.0.feed_forward.w1.weight", "gpt_neox.layers.0.mlp.dense_h_to_4h.weight",
                           "transformer.h.0.mlp.fc_in.weight", "model/h0/mlp/c_fc/w",
                           "transformer.blocks.0.ffn.up_proj.weight", "transformer.h.0.mlp.dense_h_to_4h.weight"});
  summary.tokenizer = tokenizer_of(summary.architecture);
}

}  // namespace hearth::formats
