// What GPT-2 and GPT-BigCode share: the spec, the keys and names of config.json, and those of ggml files.
//
// They differ in how query, key and value lie in one tensor, and in whether matrices are stored [in, out].
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/arch_spec.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"
#include "model/tensor_table.h"

namespace hearth::model {

inline constexpr std::array<std::string_view, 2> kGpt2Prefixes = {"transformer.", ""};
inline constexpr std::array<std::string_view, 3> kGpt2Ignored = {"attn.bias", "attn.masked_bias", "lm_head."};

constexpr HfClass gpt2_hf_class(std::string_view default_activation) {
  return {.hidden_dim = "n_embd",
          .n_layers = "n_layer",
          .n_heads = "n_head",
          .ffn_dim = "n_inner",
          .context = "n_positions",
          .norm_eps = "layer_norm_epsilon",
          .activation = "activation_function",
          .default_ffn_dim = 4,
          .default_context = 1024,
          .default_norm_eps = 1e-5,
          .default_activation = default_activation};
}

constexpr TensorTable gpt2_hf_tensors(QkvLayout qkv, bool transposed) {
  TensorTable table = hf_tensors();
  table.prefixes = kGpt2Prefixes;
  table.ignored = kGpt2Ignored;
  table.embedding = {"wte"};
  table.position_embedding = {"wpe"};
  table.output_norm = {"ln_f"};
  table.attention_norm = {"h.{layer}.ln_1"};
  fuse_qkv(table, {.name = "h.{layer}.attn.c_attn", .qkv = qkv, .transposed = transposed});
  table.attention_output = {.name = "h.{layer}.attn.c_proj", .transposed = transposed};
  table.ffn_norm = {"h.{layer}.ln_2"};
  table.up = {.name = "h.{layer}.mlp.c_fc", .transposed = transposed};
  table.down = {.name = "h.{layer}.mlp.c_proj", .transposed = transposed};
  return table;
}

constexpr TensorTable gpt2_ggml_tensors(QkvLayout qkv) {
  TensorTable table;
  table.embedding = {.name = "model/wte", .weight = ""};
  table.position_embedding = {.name = "model/wpe", .weight = ""};
  table.output_norm = {.name = "model/ln_f", .weight = "/g", .bias = "/b"};
  table.output = {.name = "model/lm_head", .weight = ""};
  table.attention_norm = {.name = "model/h{layer}/ln_1", .weight = "/g", .bias = "/b"};
  fuse_qkv(table, {.name = "model/h{layer}/attn/c_attn", .qkv = qkv, .weight = "/w", .bias = "/b"});
  table.attention_output = {.name = "model/h{layer}/attn/c_proj", .weight = "/w", .bias = "/b"};
  table.ffn_norm = {.name = "model/h{layer}/ln_2", .weight = "/g", .bias = "/b"};
  table.up = {.name = "model/h{layer}/mlp/c_fc", .weight = "/w", .bias = "/b"};
  table.down = {.name = "model/h{layer}/mlp/c_proj", .weight = "/w", .bias = "/b"};
  return table;
}

// The spec of a file of each convention. Errors: corrupt_file, naming the key or tensor.
Result<ArchSpec> read_gpt2_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture);
Result<ArchSpec> read_gpt2_hf(const HfKeys& keys, const HfClass& hf_class);
Result<ArchSpec> read_gpt2_ggml(const formats::Checkpoint& checkpoint);

}  // namespace hearth::model
