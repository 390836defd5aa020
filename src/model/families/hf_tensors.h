// The tensor names of transformers that many families share, as tables to start from, and the rule of tied outputs.
//
// Llama's names (and most later models') are kHfTensors; a family changes the rows in which it differs. Read functions
// of families (families/*.cpp) use them for checkpoints with a config.json.
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/tensor_table.h"

namespace hearth::model {

// Language models alone; within models for text and images, old and new; bare ones without a head.
inline constexpr std::array<std::string_view, 5> kHfPrefixes = {"model.", "language_model.model.",
                                                                "model.language_model.", "", "language_model."};

// Heads beside tied embeddings, and the parts of multimodal models that text does not pass.
inline constexpr std::array<std::string_view, 5> kHfIgnored = {"lm_head.", "vision_tower.", "vision_model.",
                                                               "multi_modal_projector.", "visual."};

// RMS norm, attention with query, key and value apart, gated feed-forward.
constexpr TensorTable hf_tensors() {
  return {
      .prefixes = kHfPrefixes,
      .ignored = kHfIgnored,
      .embedding = {"embed_tokens"},
      .position_embedding = {},
      .embedding_norm = {},
      .output_norm = {"norm"},
      .output = {"lm_head"},
      .rope_divisors = {},
      .rope_divisors_long = {},
      .rope_divisors_short = {},
      .attention_norm = {"layers.{layer}.input_layernorm"},
      .query = {"layers.{layer}.self_attn.q_proj"},
      .key = {"layers.{layer}.self_attn.k_proj"},
      .value = {"layers.{layer}.self_attn.v_proj"},
      .query_norm = {"layers.{layer}.self_attn.q_norm"},
      .key_norm = {"layers.{layer}.self_attn.k_norm"},
      .attention_output = {"layers.{layer}.self_attn.o_proj"},
      .attention_post_norm = {},
      .ffn_norm = {"layers.{layer}.post_attention_layernorm"},
      .gate = {"layers.{layer}.mlp.gate_proj"},
      .up = {"layers.{layer}.mlp.up_proj"},
      .down = {"layers.{layer}.mlp.down_proj"},
      .ffn_post_norm = {},
      .router = {"layers.{layer}.mlp.gate"},
      .expert_gates = {},
      .expert_ups = {},
      .expert_downs = {},
      .expert_gate = {"layers.{layer}.mlp.experts.{expert}.gate_proj"},
      .expert_up = {"layers.{layer}.mlp.experts.{expert}.up_proj"},
      .expert_down = {"layers.{layer}.mlp.experts.{expert}.down_proj"},
      .shared_gate = {"layers.{layer}.mlp.shared_expert.gate_proj"},
      .shared_up = {"layers.{layer}.mlp.shared_expert.up_proj"},
      .shared_down = {"layers.{layer}.mlp.shared_expert.down_proj"},
      .shared_expert_gate = {"layers.{layer}.mlp.shared_expert_gate"},
  };
}

// With norms on the outputs of attention and feed-forward: what is post_attention_layernorm in Llama, before the
// feed-forward layer, stands behind attention here.
constexpr TensorTable hf_tensors_with_post_norms() {
  TensorTable table = hf_tensors();
  table.attention_post_norm = {"layers.{layer}.post_attention_layernorm"};
  table.ffn_norm = {"layers.{layer}.pre_feedforward_layernorm"};
  table.ffn_post_norm = {"layers.{layer}.post_feedforward_layernorm"};
  return table;
}

// Query, key and value are parts of one tensor.
constexpr void fuse_qkv(TensorTable& table, const TensorSource& source) {
  table.query = table.key = table.value = source;
  table.query.part = RowPart::kQuery;
  table.key.part = RowPart::kKey;
  table.value.part = RowPart::kValue;
}

// The file holds norm weights less one.
constexpr TensorTable with_norms_plus_one(TensorTable table) {
  for (TensorSource* norm : {&table.output_norm, &table.attention_norm, &table.query_norm, &table.key_norm,
                             &table.attention_post_norm, &table.ffn_norm, &table.ffn_post_norm}) {
    norm->plus = 1.0F;
  }
  return table;
}

// Where tie_word_embeddings says so (`tied` when absent), the embedding is the output matrix, whatever the file holds
// beside it. Errors: corrupt_file (an untied output is missing).
Status tie_output(const formats::Checkpoint& checkpoint, bool tied, TensorTable& table);

}  // namespace hearth::model
