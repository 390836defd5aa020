// RwkvSpec: what the one RWKV forward pass needs to know about a model that is not a weight.
//
// The versions differ in their time mixing (four kinds, one file each); token shift, head norm and feed-forward are
// data. Read from the tensors of RWKV's own files, which have no metadata, or from the keys of a GGUF file.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::model {

enum class RwkvTimeMix : std::uint8_t {
  kV4,  // per channel
  kV5,  // a matrix per head with a fixed decay
  kV6,  // the same with a decay and a token shift that depend on the token
  kV7,  // a generalised delta rule
};

struct RwkvSpec {
  RwkvTimeMix time_mix = RwkvTimeMix::kV4;
  std::int32_t n_layers = 0;
  std::int32_t hidden_dim = 0;
  std::int32_t ffn_dim = 0;
  // RWKV-4 has no heads: its channels are dealt out in runs of head_dim.
  std::int32_t n_heads = 0;
  std::int32_t head_dim = 0;
  std::int64_t trained_context = 0;
  bool has_gate = false;  // a gate projection beside receptance, key and value
  float norm_eps = 1e-5F;
  // Of the norm over each head. All models are trained with this one; rwkv.cpp runs RWKV-5 with 1e-5.
  float head_norm_eps = 64e-5F;
  std::int32_t halve_every = 0;  // layers after which the residual stream is halved; 0: never

  // RWKV-7's feed-forward has no receptance.
  bool has_ffn_receptance() const { return time_mix != RwkvTimeMix::kV7; }
};

// Whether load_rwkv() is the one to load this checkpoint. This and the next are in families/rwkv.cpp.
bool is_rwkv(const formats::Checkpoint& checkpoint);

// Errors: corrupt_file (a key or tensor is missing or has an impossible value), unsupported (a version).
Result<RwkvSpec> read_rwkv_spec(const formats::Checkpoint& checkpoint);

}  // namespace hearth::model
