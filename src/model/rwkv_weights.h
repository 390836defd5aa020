// RwkvWeights: the matrices of an RWKV model, packed for one ISA level, and its vectors as floats.
//
// load_rwkv_weights() (rwkv.cpp calls it) brings all sources to one form: lora pairs as [rank, in] and [out, rank], the
// fixed decays of RWKV-4 and -5 as the recurrence uses them, values per head spread over its channels.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/result.h"
#include "cpu/memory_region.h"
#include "formats/checkpoint.h"
#include "model/rwkv_spec.h"
#include "model/weights.h"

namespace hearth::model {

// What a token shift prepares an input for, in the order of fused tensors of RWKV-7.
enum RwkvProjection : std::uint8_t { kReceptance, kDecay, kKey, kValue, kRate, kGate };
inline constexpr std::size_t kRwkvProjections = 6;
inline constexpr std::string_view kRwkvLetters = "rwkvag";

// up(f(down(x))) + bias; both read floats.
struct RwkvLora {
  Linear down;  // [rank, hidden_dim]
  Linear up;    // [hidden_dim, rank]
  bool exists() const { return down.matrix.n_rows > 0; }
};

struct RwkvLayer {
  Norm time_norm;
  // How much of the other token an input takes, [hidden_dim] each; null: this version has no such input.
  std::array<const float*, kRwkvProjections> shift = {};
  const float* shift_x = nullptr;                     // RWKV-6: for the input of shift_loras
  std::array<RwkvLora, kRwkvProjections> shift_lora;  // RWKV-6: `shift` is the bias of `up`
  Linear receptance;                                  // [hidden_dim, hidden_dim], as the next four
  Linear key;
  Linear value;
  Linear gate;
  Linear output;
  Norm head_norm;
  const float* decay = nullptr;  // [hidden_dim]; RWKV-4: the logarithm
  const float* first = nullptr;  // [hidden_dim]
  RwkvLora decay_lora;
  RwkvLora rate_lora;
  RwkvLora value_lora;
  RwkvLora gate_lora;
  const float* key_removal = nullptr;  // [hidden_dim], as the next two
  const float* key_rate = nullptr;
  const float* bonus = nullptr;

  Norm ffn_norm;
  const float* ffn_shift_key = nullptr;
  const float* ffn_shift_receptance = nullptr;
  Linear ffn_key;         // [ffn_dim, hidden_dim]
  Linear ffn_value;       // [hidden_dim, ffn_dim]
  Linear ffn_receptance;  // [hidden_dim, hidden_dim]
};

struct RwkvWeights {
  formats::Checkpoint checkpoint;                  // stays open: the embedding is read from it
  const formats::TensorView* embedding = nullptr;  // [n_vocab, hidden_dim]
  std::int64_t n_vocab = 0;
  std::int64_t max_rank = 0;  // of the loras
  Norm embedding_norm;
  std::vector<RwkvLayer> layers;
  Norm output_norm;
  Linear head;  // [n_vocab, hidden_dim]

  cpu::MemoryRegion packed;
  std::deque<std::vector<float>> vectors;  // what the pointers above point to
};

// Errors: as load_weights().
Result<RwkvWeights> load_rwkv_weights(formats::Checkpoint checkpoint, const RwkvSpec& spec, const PackOptions& options);

}  // namespace hearth::model
