// HfKeys: reads the keys of a config.json ("hidden_size", "rope_scaling.factor") into an ArchSpec, range-checked.
//
// What every family shares: dimensions, norm, activation, rope base and scaling in the old and the new spelling,
// windows by layer. Classes of models call the common keys differently and leave different ones out; HfClass says how.
// A family's read function starts from read_common() and adds what is its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/arch_spec.h"

namespace hearth::model {

// What a class of models calls the common keys (the names of Llama are understood too), and what it takes for one that
// a file leaves out. transformers writes every key of a class: one that is left out was null, or the file made by hand.
struct HfClass {
  std::string_view hidden_dim = "hidden_size";
  std::string_view n_layers = "num_hidden_layers";
  std::string_view n_heads = "num_attention_heads";
  std::string_view n_kv_heads = "num_key_value_heads";
  std::string_view ffn_dim = "intermediate_size";
  std::string_view context = "max_position_embeddings";
  std::string_view norm_eps = "rms_norm_eps";
  std::string_view activation = "hidden_act";

  std::int32_t default_heads = 0;     // 0: the file must say it
  std::int32_t default_head_dim = 0;  // 0: hidden size / heads
  std::int32_t default_kv_heads = 0;  // 0: as many as query heads
  std::int32_t default_ffn_dim = 0;   // in hidden sizes; 0: the file must say it
  std::int32_t default_context = 2048;
  double default_norm_eps = 1e-6;
  std::string_view default_activation = "silu";
  double default_rope_base = 10000.0;
  double default_rotary_factor = 1.0;  // the part of a head that rotates
  bool stretched_context = false;      // the context is the one after rope scaling, whatever its kind
};

// Keys of a mixture of experts.
struct HfExperts {
  std::string_view n_experts;
  std::string_view ffn_dim;
};

class HfKeys {
 public:
  explicit HfKeys(const formats::Metadata& metadata) : metadata_(metadata) {}

  // Errors of all: corrupt_file naming the key, what was expected and what was found.
  Result<std::int32_t> require_count(std::string_view key, std::int32_t max) const;
  Result<std::int32_t> count(std::string_view key, std::int32_t fallback, std::int32_t max) const;
  Result<double> positive(std::string_view key, double fallback) const;
  Result<bool> flag(std::string_view key, bool fallback) const;
  Result<std::string_view> text(std::string_view key, std::string_view fallback) const;
  // The function that config.json calls "silu", "gelu_new", …. Errors: unsupported too.
  Result<Activation> activation(std::string_view key, std::string_view fallback) const;
  bool contains(std::string_view key) const { return metadata_.contains(key); }
  const std::vector<std::int64_t>* integers(std::string_view key) const { return metadata_.integers(key); }
  // unsupported, naming the key, unless the flag is absent or `expected`.
  Status expect_flag(std::string_view key, bool expected) const;

  // Dimensions, norm epsilon, activation, one rope class with its scaling; every layer global.
  // Errors: unsupported too (a kind of rope scaling, an activation).
  Result<ArchSpec> read_common(const HfClass& names) const;

  // Number of experts, how many a token uses, the width of one, and the layers that have none.
  Status read_experts(ArchSpec& spec, const HfExperts& names) const;

  // sliding_window; 0: none.
  Result<std::int32_t> window() const;
  // Layers get the window where `layer_types` says "sliding_attention". False when the file has no such list.
  Result<bool> read_layer_types(ArchSpec& spec, std::int32_t window) const;
  // The rule of Qwen: where use_sliding_window is set, layers from max_window_layers on have the window.
  Status read_upper_windows(ArchSpec& spec) const;

  // One rope class, by the keys of `section`; one that does not exist is a rope without scaling.
  Result<RopeSpec> read_rope(const ArchSpec& spec, const std::string& section, const HfClass& names) const;
  // "rope_scaling", or in newer files "rope_parameters", or there the part for a type of layers ("full_attention").
  std::string rope_section(std::string_view layer_type = {}) const;

 private:
  // `own` where the file has it, else `common`.
  std::string_view either(std::string_view own, std::string_view common) const;
  Status read_dimensions(const HfClass& names, ArchSpec& spec) const;
  Status read_heads(const HfClass& names, ArchSpec& spec) const;
  Result<std::int32_t> n_rotated(const ArchSpec& spec, const std::string& section, const HfClass& names) const;
  Status read_scaling(const ArchSpec& spec, const std::string& section, RopeSpec& rope) const;
  Status read_yarn(const std::string& section, RopeSpec& rope) const;
  Status read_longrope(const ArchSpec& spec, const std::string& section, RopeSpec& rope) const;
  Status read_llama3(const std::string& section, RopeSpec& rope) const;
  Result<std::vector<float>> divisors(const std::string& key, std::int32_t n_rotated) const;

  const formats::Metadata& metadata_;
};

}  // namespace hearth::model
