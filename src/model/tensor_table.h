// TensorTable: where a container keeps the tensors of a model, and what must be done to them when packing.
//
// One per family and container. A row names a tensor ("{layer}" and "{expert}" are replaced, the suffixes appended)
// and may carry a lossless transform into HF conventions, so that the forward pass knows one form only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hearth::model {

// How packed rows are taken from the rows of a tensor.
enum class RowOrder : std::uint8_t {
  kAsStored,
  kFromPairs,  // per head, rotating rows stored as pairs (2i, 2i + 1) are moved to (i, i + n_rotated / 2)
};

// Which rows of a fused tensor belong to a matrix.
enum class RowPart : std::uint8_t {
  kWhole,
  kQuery,  // of query, key, value one after the other
  kKey,
  kValue,
  kGate,  // of gate, up
  kUp,
};

// How query, key and value rows share a fused tensor.
enum class QkvLayout : std::uint8_t {
  kBlocks,  // all of query, all of key, all of value
  kGroups,  // per key/value head: its query heads, key, value (with as many of them as query heads: per head q, k, v)
  kRepeatedKv,  // kBlocks, with key and value rows repeated for every query head
};

struct TensorSource {
  std::string_view name;  // empty: the model has none
  RowPart part = RowPart::kWhole;
  RowOrder order = RowOrder::kAsStored;
  QkvLayout qkv = QkvLayout::kBlocks;
  bool transposed = false;  // stored [in, out]; only for encodings of whole numbers and floats, one element per weight
  float plus = 0.0F;        // added to the values of a norm
  std::string_view weight = ".weight";  // suffixes
  std::string_view bias = ".bias";
};

// The names of GGUF are the defaults; a family's table says where it differs.
struct TensorTable {
  // What names may begin with in some files and not in others ("model.", ""). The first prefix under which the
  // embedding exists is the file's; a tensor that it does not have may still be under another one. Empty: names are
  // whole.
  std::span<const std::string_view> prefixes;
  // Parts of names of tensors that hold nothing the model computes with, such as attention masks.
  std::span<const std::string_view> ignored;

  TensorSource embedding{"token_embd"};
  TensorSource position_embedding{"position_embd"};
  TensorSource embedding_norm{"token_embd_norm"};
  TensorSource project_in;  // only where embedding_dim is not hidden_dim
  TensorSource project_out;
  TensorSource output_norm{"output_norm"};
  TensorSource output{"output"};  // absent: the embedding is used
  TensorSource rope_divisors{"rope_freqs"};
  TensorSource rope_divisors_long{"rope_factors_long"};
  TensorSource rope_divisors_short{"rope_factors_short"};

  TensorSource attention_norm{"blk.{layer}.attn_norm"};
  TensorSource query{"blk.{layer}.attn_q"};
  TensorSource key{"blk.{layer}.attn_k"};
  TensorSource value{"blk.{layer}.attn_v"};
  TensorSource query_norm{"blk.{layer}.attn_q_norm"};
  TensorSource key_norm{"blk.{layer}.attn_k_norm"};
  TensorSource attention_output{"blk.{layer}.attn_output"};
  TensorSource attention_post_norm{"blk.{layer}.post_attention_norm"};

  TensorSource ffn_norm{"blk.{layer}.ffn_norm"};  // a parallel block without one reads what attention reads
  TensorSource gate{"blk.{layer}.ffn_gate"};
  TensorSource up{"blk.{layer}.ffn_up"};
  TensorSource down{"blk.{layer}.ffn_down"};
  TensorSource ffn_post_norm{"blk.{layer}.post_ffw_norm"};

  TensorSource router{"blk.{layer}.ffn_gate_inp"};
  // All experts in one 3-D tensor, or, in files of December 2023, one tensor per expert.
  TensorSource expert_gates{"blk.{layer}.ffn_gate_exps"};
  TensorSource expert_ups{"blk.{layer}.ffn_up_exps"};
  TensorSource expert_downs{"blk.{layer}.ffn_down_exps"};
  TensorSource expert_gate{"blk.{layer}.ffn_gate.{expert}"};
  TensorSource expert_up{"blk.{layer}.ffn_up.{expert}"};
  TensorSource expert_down{"blk.{layer}.ffn_down.{expert}"};
  TensorSource shared_gate{"blk.{layer}.ffn_gate_shexp"};
  TensorSource shared_up{"blk.{layer}.ffn_up_shexp"};
  TensorSource shared_down{"blk.{layer}.ffn_down_shexp"};
  TensorSource shared_expert_gate{"blk.{layer}.ffn_gate_inp_shexp"};  // [hidden_dim]
};

}  // namespace hearth::model
