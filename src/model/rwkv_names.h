// RwkvNames: where the files of RWKV keep a model's tensors: one table per version and convention.
//
// "{layer}" is replaced by the layer, "{letter}" by the projection that a token shift is for (r, w, k, v, a, g, x).
// rwkv_weights.cpp reads it. Norms are named without ".weight" and ".bias".
#pragma once

#include <string_view>

#include "formats/checkpoint.h"
#include "model/rwkv_spec.h"

namespace hearth::model {

// up(f(down(x))) + bias
struct RwkvLoraNames {
  std::string_view down;
  std::string_view up;
  std::string_view bias;  // empty: none
};

struct RwkvNames {
  std::string_view embedding = "emb.weight";
  std::string_view embedding_norm = "blocks.0.ln0";
  std::string_view output_norm = "ln_out";
  std::string_view head = "head.weight";

  std::string_view time_norm = "blocks.{layer}.ln1";
  std::string_view receptance = "blocks.{layer}.att.receptance.weight";
  std::string_view key = "blocks.{layer}.att.key.weight";
  std::string_view value = "blocks.{layer}.att.value.weight";
  std::string_view gate = "blocks.{layer}.att.gate.weight";
  std::string_view output = "blocks.{layer}.att.output.weight";
  std::string_view head_norm = "blocks.{layer}.att.ln_x";
  std::string_view decay = "blocks.{layer}.att.time_decay";
  std::string_view first = "blocks.{layer}.att.time_faaaa";
  std::string_view exp_first = "blocks.{layer}.att.time_first";  // where there is no `first`: its logarithm

  std::string_view shift = "blocks.{layer}.att.time_mix_{letter}";
  std::string_view fused_shift;  // all letters of a layer one after the other, where the file has that
  RwkvLoraNames shift_lora;      // RWKV-6
  RwkvLoraNames decay_lora;      // RWKV-6 and -7
  RwkvLoraNames rate_lora;       // RWKV-7, as those below
  RwkvLoraNames value_lora;      // unused in layer 0, whether the file has it or not
  RwkvLoraNames gate_lora;
  std::string_view key_removal;
  std::string_view key_rate;
  std::string_view bonus;

  std::string_view ffn_norm = "blocks.{layer}.ln2";
  std::string_view ffn_shift = "blocks.{layer}.ffn.time_mix_{letter}";
  std::string_view ffn_key = "blocks.{layer}.ffn.key.weight";
  std::string_view ffn_value = "blocks.{layer}.ffn.value.weight";
  std::string_view ffn_receptance = "blocks.{layer}.ffn.receptance.weight";
};

const RwkvNames& rwkv_names(formats::Convention convention, RwkvTimeMix time_mix);

// The projections whose inputs are mixed with the token before, in the order of fused tensors.
std::string_view rwkv_shift_letters(const RwkvSpec& spec);

}  // namespace hearth::model
