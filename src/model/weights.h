// Weights: the matrices of a model, packed for one ISA level, and its vectors as floats.
//
// All matrices lie in one region with huge pages. load_weights() (loader.cpp calls it) packs them from the mapped
// files on all cores and gives the source pages back as it goes, so that a load never holds two copies.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/result.h"
#include "cpu/memory_region.h"
#include "formats/checkpoint.h"
#include "kernels/kernel_table.h"
#include "model/arch_spec.h"
#include "model/tensor_table.h"

namespace hearth::model {

using kernels::ActivationKind;
using kernels::PackedMatrix;

// A matrix with the form in which it reads its inputs.
struct Linear {
  PackedMatrix matrix;
  ActivationKind input = ActivationKind::kF32;
  const float* bias = nullptr;  // [matrix.n_rows] or null
  // Which input each column reads, [matrix.n_cols] (GPTQ's act-order, EXL2); null: column k reads input k.
  const std::int32_t* input_order = nullptr;
  std::int32_t order_slot = 0;  // into InputRows::ordered, the same for matrices that read the same rows in one order

  // Whether it reads rows of floats as they were computed.
  bool reads_floats() const { return input == ActivationKind::kF32 && input_order == nullptr; }
};

struct Norm {
  bool exists = false;
  const float* weight = nullptr;  // [hidden_dim] or null: 1
  const float* bias = nullptr;    // [hidden_dim] or null: 0
};

// One feed-forward layer: down(activation(gate(x)) * up(x)), or down(activation(up(x))).
struct FeedForward {
  Linear gate;  // [ffn_dim, hidden_dim]; only where the model is gated
  Linear up;    // [ffn_dim, hidden_dim]
  Linear down;  // [hidden_dim, ffn_dim]
};

struct LayerWeights {
  Norm attention_norm;                // before attention
  Linear query;                       // [n_heads * head_dim, hidden_dim]
  Linear key;                         // [n_kv_heads * head_dim, hidden_dim]
  Linear value;                       // [n_kv_heads * head_dim, hidden_dim]
  const float* query_norm = nullptr;  // [head_dim]
  const float* key_norm = nullptr;    // [head_dim]
  Linear attention_output;            // [hidden_dim, n_heads * head_dim]
  Norm attention_post_norm;           // on its output, before the residual
  Norm attention_residual_norm;       // on the sum of both

  Norm ffn_norm;
  Linear router;                     // [n_experts, hidden_dim]; only with experts
  std::vector<FeedForward> experts;  // one, when the layer is dense
  FeedForward shared;                // the expert that every token uses; only with one
  Linear shared_expert_gate;         // [1, hidden_dim]; only where the shared expert has a gate
  Norm ffn_post_norm;
  Norm ffn_residual_norm;
};

struct Weights {
  formats::Checkpoint checkpoint;                  // stays open: an untied embedding is read from it
  const formats::TensorView* embedding = nullptr;  // [n_vocab, token_dim]; null when tied: `output` holds it
  const formats::TensorView* positions = nullptr;  // [n_positions + position_offset, hidden_dim]; only learned ones
  std::int64_t n_vocab = 0;
  Norm embedding_norm;
  Linear project_in;  // [hidden_dim, token_dim]; only where they differ, as project_out
  std::vector<LayerWeights> layers;
  Norm output_norm;
  Linear project_out;  // [token_dim, hidden_dim]
  Linear output;       // [n_vocab, token_dim]

  // Rope divisors by the file, [n_rotated / 2] or empty.
  std::span<const float> rope_divisors;
  std::span<const float> rope_divisors_long;
  std::span<const float> rope_divisors_short;

  cpu::MemoryRegion packed;
  std::deque<std::vector<float>> vectors;  // what the pointers to norms and biases point to
  std::deque<std::vector<std::int32_t>> input_orders;
  std::int32_t n_order_slots = 0;
};

struct PackOptions {
  const kernels::KernelTable* kernels = nullptr;
  bool exact = false;  // every matrix reads f32 inputs
  bool lock_memory = false;
  int n_threads = 1;
};

// Errors: corrupt_file (a tensor is missing or has another shape; names tensor, expected and found), unsupported (an
// encoding without kernels, or a tensor that the architecture does not know), unavailable (no memory).
Result<Weights> load_weights(formats::Checkpoint checkpoint, const ArchSpec& spec, const TensorTable& names,
                             const PackOptions& options);

}  // namespace hearth::model
