// ArchSpec: everything the one transformer needs to know about a model that is not a weight.
//
// A family (families/*.cpp) fills it from a file's metadata; the forward pass reads it and never asks which family it
// is. Fields are named for what they do. Everything is in HF conventions, so one spec serves every container.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"

namespace hearth::model {

using kernels::Activation;

enum class NormKind : std::uint8_t { kRms, kLayer };

enum class RopeScaling : std::uint8_t {
  kNone,
  kLinear,    // positions divided by factor
  kYarn,      // fast dimensions kept, slow ones divided by factor, a ramp between (arXiv:2309.00071, section 3.2)
  kLongrope,  // per-dimension divisors, a long and a short set (arXiv:2402.13753)
};

// How positions turn queries and keys. A model has one per class of layers.
struct RopeSpec {
  double base = 10000.0;
  std::int32_t n_rotated = 0;  // leading dimensions of a head that rotate, in pairs (i, i + n_rotated / 2)
  RopeScaling scaling = RopeScaling::kNone;
  double factor = 1.0;
  double attention_factor = 1.0;      // on cos and sin
  std::int64_t original_context = 0;  // yarn and longrope: the context before stretching
  double beta_fast = 32.0;            // yarn: turns over the original context that bound the ramp
  double beta_slow = 1.0;
};

inline constexpr std::int32_t kNoRope = -1;

struct LayerSpec {
  std::int32_t window = 0;      // 0: global; w: position p sees (p - w, p]
  std::int32_t rope_class = 0;  // into ArchSpec::ropes, or kNoRope
};

struct ExpertSpec {
  std::int32_t n_experts = 0;  // 0: one dense feed-forward layer
  std::int32_t n_used = 0;     // experts per token
  bool renormalise = true;     // the weights of the chosen experts are made to sum to 1
};

struct ArchSpec {
  std::int32_t n_layers = 0;
  std::int32_t hidden_dim = 0;
  std::int32_t ffn_dim = 0;  // of one expert where there are experts
  std::int32_t n_heads = 0;
  std::int32_t n_kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int64_t trained_context = 0;

  NormKind norm = NormKind::kRms;
  float norm_eps = 1e-5F;
  Activation activation = Activation::kSilu;  // of the gate, which multiplies up
  bool qkv_bias = false;                      // query, key and value must have biases (others may)
  bool qk_norm = false;                       // an RMS norm over each head of query and key, before rope
  bool post_norms = false;                    // norms on the outputs of attention and feed-forward, before the residual

  float attention_scale = 0.0F;    // on q·k
  float attention_softcap = 0.0F;  // 0: none
  float logit_softcap = 0.0F;      // 0: none
  float embedding_scale = 1.0F;

  std::vector<RopeSpec> ropes;
  std::vector<LayerSpec> layers;  // [n_layers]
  ExpertSpec experts;
};

}  // namespace hearth::model
