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
  kLlama3,    // long wavelengths divided by factor, short ones kept, a blend between (arXiv:2407.21783, as released)
  kLongrope,  // per-dimension divisors, a long and a short set (arXiv:2402.13753)
  kDynamic,   // beyond the original context the base grows with the length of the sequence ("dynamic NTK")
};

// How positions turn queries and keys. A model has one per class of layers.
struct RopeSpec {
  double base = 10000.0;
  std::int32_t n_rotated = 0;  // leading dimensions of a head that rotate
  bool interleaved = false;    // pairs (2i, 2i + 1) rotate together, else (i, i + n_rotated / 2)
  RopeScaling scaling = RopeScaling::kNone;
  double factor = 1.0;
  double attention_factor = 1.0;      // on cos and sin
  std::int64_t original_context = 0;  // yarn, llama3, longrope and dynamic: the context before stretching
  double beta_fast = 32.0;            // yarn: turns over the original context that bound the ramp
  double beta_slow = 1.0;
  double low_freq_factor = 1.0;  // llama3: wavelengths over the original context that bound the blend
  double high_freq_factor = 4.0;
  std::vector<float> long_divisors;  // longrope: [n_rotated / 2]; empty: tensors of the file hold them
  std::vector<float> short_divisors;
  // longrope: each sequence's length chooses the set, else the context that the model was loaded with does.
  bool chosen_by_length = false;
};

inline constexpr std::int32_t kNoRope = -1;

struct LayerSpec {
  std::int32_t window = 0;         // 0: global; w: position p sees (p - w, p]
  std::int32_t rope_class = 0;     // into ArchSpec::ropes, or kNoRope
  std::int32_t dense_ffn_dim = 0;  // in a model with experts: > 0 where this layer has one dense feed-forward layer
};

struct ExpertSpec {
  std::int32_t n_experts = 0;       // 0: every layer has one dense feed-forward layer
  std::int32_t n_used = 0;          // experts per token
  bool renormalise = true;          // the weights of the chosen experts are made to sum to 1
  std::int32_t shared_ffn_dim = 0;  // of an expert that every token uses; 0: none
  bool shared_gate = false;         // the shared expert's output is weighted by sigmoid(gate · x)
};

struct ArchSpec {
  std::int32_t n_layers = 0;
  std::int32_t hidden_dim = 0;
  std::int32_t ffn_dim = 0;  // of one expert where there are experts
  std::int32_t n_heads = 0;
  std::int32_t n_kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int64_t trained_context = 0;

  std::int32_t embedding_dim = 0;  // of the tokens, where not hidden_dim: projected to it and back; 0: hidden_dim
  float embedding_scale = 1.0F;
  bool embedding_norm = false;       // a norm on the sum of token and position embedding
  bool learned_positions = false;    // a table of position embeddings, whose length bounds the context
  std::int32_t position_offset = 0;  // position p is row p + offset of that table

  NormKind norm = NormKind::kRms;
  float norm_eps = 1e-5F;
  float residual_scale = 1.0F;       // on the outputs of attention and feed-forward
  bool post_norms = false;           // norms on the outputs of attention and feed-forward, before the residual
  bool norm_after_residual = false;  // x = norm(x + f(x)) in place of x + f(norm(x)); there is no output norm
  bool parallel_block = false;       // attention and feed-forward read the same residual; both are added to it

  // What must have biases; a layer without its flag may have them.
  bool norm_bias = false;
  bool qkv_bias = false;
  bool attention_output_bias = false;
  bool ffn_bias = false;
  bool output_bias = false;

  bool gated = true;                          // down(activation(gate(x)) * up(x)), else down(activation(up(x)))
  Activation activation = Activation::kSilu;  // of the gate, or of up where there is none

  bool qk_norm = false;            // an RMS norm over each head of query and key, before rope
  float qkv_clamp = 0.0F;          // queries, keys and values are kept within [-clamp, clamp]; 0: none
  float attention_scale = 0.0F;    // on q·k
  float attention_softcap = 0.0F;  // 0: none
  float alibi_max_bias = 0.0F;  // biases by distance (arXiv:2108.12409): the steepest slope is 2^(-bias/heads); 0: none
  float alibi_scale = 1.0F;     // on these biases

  float logit_scale = 1.0F;
  float logit_softcap = 0.0F;  // 0: none

  std::vector<RopeSpec> ropes;    // one per class of layers; empty: no layer has any
  std::vector<LayerSpec> layers;  // [n_layers]
  ExpertSpec experts;

  std::int32_t token_dim() const { return embedding_dim == 0 ? hidden_dim : embedding_dim; }
  bool is_mixture(std::int32_t layer) const {
    return experts.n_experts > 0 && layers[static_cast<std::size_t>(layer)].dense_ffn_dim == 0;
  }
  std::int32_t dense_ffn_dim(std::int32_t layer) const {
    const std::int32_t own = layers[static_cast<std::size_t>(layer)].dense_ffn_dim;
    return own == 0 ? ffn_dim : own;
  }
};

// Every layer of `spec` gets the window, or all but each `pattern`-th one (the last of every group of `pattern`).
void set_windows(ArchSpec& spec, std::int32_t window, std::int32_t pattern);
// The norms and all matrices of the layers must have biases.
void require_biases(ArchSpec& spec);
// No layer rotates its queries and keys.
void remove_rope(ArchSpec& spec);
// Slope of the alibi bias of each query head, alibi_scale included; empty without alibi (arXiv:2108.12409, and its
// reference code for numbers of heads that are no power of two).
std::vector<float> alibi_slopes(const ArchSpec& spec);

}  // namespace hearth::model
