#include "model/rwkv_names.h"

namespace hearth::model {
namespace {

constexpr RwkvNames kV4 = {.first = "blocks.{layer}.att.time_first", .exp_first = ""};

constexpr RwkvNames kV5 = {};

constexpr RwkvNames kV6 = {
    .exp_first = "",
    .shift = "blocks.{layer}.att.time_maa_{letter}",
    .shift_lora = {.down = "blocks.{layer}.att.time_maa_w1", .up = "blocks.{layer}.att.time_maa_w2", .bias = ""},
    .decay_lora = {.down = "blocks.{layer}.att.time_decay_w1",
                   .up = "blocks.{layer}.att.time_decay_w2",
                   .bias = "blocks.{layer}.att.time_decay"},
    .ffn_shift = "blocks.{layer}.ffn.time_maa_{letter}",
};

constexpr RwkvNames kV7 = {
    .shift = "blocks.{layer}.att.x_{letter}",
    .fused_shift = "blocks.{layer}.att.x_rwkvag",
    .decay_lora = {.down = "blocks.{layer}.att.w1", .up = "blocks.{layer}.att.w2", .bias = "blocks.{layer}.att.w0"},
    .rate_lora = {.down = "blocks.{layer}.att.a1", .up = "blocks.{layer}.att.a2", .bias = "blocks.{layer}.att.a0"},
    .value_lora = {.down = "blocks.{layer}.att.v1", .up = "blocks.{layer}.att.v2", .bias = "blocks.{layer}.att.v0"},
    .gate_lora = {.down = "blocks.{layer}.att.g1", .up = "blocks.{layer}.att.g2", .bias = ""},
    .key_removal = "blocks.{layer}.att.k_k",
    .key_rate = "blocks.{layer}.att.k_a",
    .bonus = "blocks.{layer}.att.r_k",
    .ffn_shift = "blocks.{layer}.ffn.x_{letter}",
};

// What both architectures of GGUF share.
constexpr RwkvNames kGguf = {
    .embedding = "token_embd.weight",
    .embedding_norm = "token_embd_norm",
    .output_norm = "output_norm",
    .head = "output.weight",
    .time_norm = "blk.{layer}.attn_norm",
    .receptance = "blk.{layer}.time_mix_receptance.weight",
    .key = "blk.{layer}.time_mix_key.weight",
    .value = "blk.{layer}.time_mix_value.weight",
    .gate = "blk.{layer}.time_mix_gate.weight",
    .output = "blk.{layer}.time_mix_output.weight",
    .head_norm = "blk.{layer}.time_mix_ln",
    .decay = "",
    .first = "blk.{layer}.time_mix_first.weight",
    .exp_first = "",
    .shift = "blk.{layer}.time_mix_lerp_{letter}.weight",
    .fused_shift = "blk.{layer}.time_mix_lerp_fused.weight",
    .ffn_norm = "blk.{layer}.attn_norm_2",
    .ffn_shift = "blk.{layer}.channel_mix_lerp_{letter}.weight",
    .ffn_key = "blk.{layer}.channel_mix_key.weight",
    .ffn_value = "blk.{layer}.channel_mix_value.weight",
    .ffn_receptance = "blk.{layer}.channel_mix_receptance.weight",
};

constexpr RwkvNames gguf_v6() {
  RwkvNames names = kGguf;
  names.shift_lora = {.down = "blk.{layer}.time_mix_w1.weight", .up = "blk.{layer}.time_mix_w2.weight", .bias = ""};
  names.decay_lora = {.down = "blk.{layer}.time_mix_decay_w1.weight",
                      .up = "blk.{layer}.time_mix_decay_w2.weight",
                      .bias = "blk.{layer}.time_mix_decay.weight"};
  return names;
}

constexpr RwkvNames gguf_v7() {
  RwkvNames names = kGguf;
  names.decay_lora = {.down = "blk.{layer}.time_mix_w1.weight",
                      .up = "blk.{layer}.time_mix_w2.weight",
                      .bias = "blk.{layer}.time_mix_w0.weight"};
  names.rate_lora = {.down = "blk.{layer}.time_mix_a1.weight",
                     .up = "blk.{layer}.time_mix_a2.weight",
                     .bias = "blk.{layer}.time_mix_a0.weight"};
  names.value_lora = {.down = "blk.{layer}.time_mix_v1.weight",
                      .up = "blk.{layer}.time_mix_v2.weight",
                      .bias = "blk.{layer}.time_mix_v0.weight"};
  names.gate_lora = {.down = "blk.{layer}.time_mix_g1.weight", .up = "blk.{layer}.time_mix_g2.weight", .bias = ""};
  names.key_removal = "blk.{layer}.time_mix_k_k.weight";
  names.key_rate = "blk.{layer}.time_mix_k_a.weight";
  names.bonus = "blk.{layer}.time_mix_r_k.weight";
  return names;
}

constexpr RwkvNames kGgufV6 = gguf_v6();
constexpr RwkvNames kGgufV7 = gguf_v7();

}  // namespace

const RwkvNames& rwkv_names(formats::Convention convention, RwkvTimeMix time_mix) {
  const bool is_gguf = convention == formats::Convention::kGguf;
  switch (time_mix) {
    case RwkvTimeMix::kV4:
      return kV4;
    case RwkvTimeMix::kV5:
      return kV5;
    case RwkvTimeMix::kV6:
      return is_gguf ? kGgufV6 : kV6;
    case RwkvTimeMix::kV7:
      break;
  }
  return is_gguf ? kGgufV7 : kV7;
}

std::string_view rwkv_shift_letters(const RwkvSpec& spec) {
  switch (spec.time_mix) {
    case RwkvTimeMix::kV4:
      return "rkv";
    case RwkvTimeMix::kV5:
      return spec.has_gate ? "rkvg" : "rkv";
    case RwkvTimeMix::kV6:
      return "wkvrg";
    case RwkvTimeMix::kV7:
      break;
  }
  return "rwkvag";
}

}  // namespace hearth::model
