#include "formats/describe_hf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "formats/quant_scheme.h"

namespace hearth::formats {
namespace {

constexpr std::string_view kQuantization = "quantization_config.";

using Keys = std::span<const std::string_view>;

// The first of the keys that the file has.
std::optional<std::int64_t> first_integer(const Metadata& metadata, Keys keys) {
  for (const std::string_view key : keys) {
    if (const auto value = metadata.integer(key)) {
      return value;
    }
  }
  return std::nullopt;
}

std::string text_of(const Metadata& metadata, std::string_view key) {
  return std::string(metadata.text(key).value_or(""));
}

// Whether a tensor belongs to a packed matrix without being weights: scales, zeros, permutations.
bool is_side_tensor(std::string_view name) {
  static constexpr std::array<std::string_view, 19> kEndings = {".qzeros",
                                                                ".scales",
                                                                ".g_idx",
                                                                ".q_scale",
                                                                ".q_scale_max",
                                                                ".q_groups",
                                                                ".q_group_map",
                                                                ".q_invperm",
                                                                ".q_perm",
                                                                ".weight_scale",
                                                                ".weight_shape",
                                                                ".weight_scale_inv",
                                                                ".input_scale",
                                                                ".weight_g_idx",
                                                                ".weight_zero_point",
                                                                ".suh",
                                                                ".svh",
                                                                ".su",
                                                                ".sv"};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

std::int64_t width_bits(const TensorView& tensor) {
  return std::int64_t{quant::info(tensor.type).block_bytes} * 8;
}

// The weights that a tensor stands for; `bits` is the width of the packed ones, 0 where none are.
std::int64_t count_weights(const Checkpoint& checkpoint, const TensorView& tensor, std::int64_t bits) {
  const std::string_view name = tensor.name;
  if (is_side_tensor(name)) {
    return 0;
  }
  if (name.ends_with(".q_weight")) {  // EXL2: rows of several widths
    const TensorView* order = checkpoint.find(fmt::format("{}q_invperm", name.substr(0, name.size() - 8)));
    return order == nullptr ? 0 : order->n_elements() * tensor.n_cols();
  }
  if (name.ends_with(".trellis") && tensor.shape.size() == 3) {  // EXL3: tiles of 16 by 16
    return tensor.shape[0] * tensor.shape[1] * 256;
  }
  if (name.ends_with(".qweight") || name.ends_with(".weight_packed")) {
    return bits > 0 ? tensor.n_elements() * width_bits(tensor) / bits : 0;
  }
  return tensor.n_elements();
}

std::optional<std::int64_t> packed_bits(const Metadata& metadata) {
  static constexpr std::array<std::string_view, 2> kKeys = {
      "quantization_config.bits", "quantization_config.config_groups.group_0.weights.num_bits"};
  const auto bits = first_integer(metadata, kKeys);
  return bits && *bits >= 1 && *bits <= 16 ? bits : std::nullopt;
}

// The method of a folder without any configuration of it, in config.json's spelling.
std::string method_by_names(const Checkpoint& checkpoint) {
  const auto is_exl3 = [](const TensorView& tensor) { return tensor.name.ends_with(".trellis"); };
  if (std::ranges::any_of(checkpoint.tensors, is_exl3)) {
    return "exl3";
  }
  switch (read_quant_scheme(checkpoint).value_or(QuantScheme{}).method) {
    case QuantMethod::kGptq:
      return "gptq";
    case QuantMethod::kAwq:
      return "awq";
    case QuantMethod::kExl2:
      return "exl2";
    case QuantMethod::kFloat8:
      return "fp8";
    case QuantMethod::kCompressedTensors:
      return "compressed-tensors";
    case QuantMethod::kNone:
      break;
  }
  return "";
}

std::string groups_text(std::optional<std::int64_t> group_size) {
  if (!group_size) {
    return "";
  }
  return *group_size > 0 ? fmt::format(", groups of {}", *group_size) : ", one group per row";
}

std::string bits_text(const Metadata& metadata) {
  const auto bits = packed_bits(metadata);
  return bits ? fmt::format(" {}-bit", *bits) : "";
}

std::string describe_gptq(const Metadata& metadata) {
  std::string text = "GPTQ" + bits_text(metadata) + groups_text(metadata.integer("quantization_config.group_size"));
  if (metadata.boolean("quantization_config.desc_act").value_or(false)) {
    text += ", act-order";
  }
  if (!metadata.boolean("quantization_config.sym").value_or(true)) {
    text += ", asymmetric";
  }
  return text;
}

std::string describe_fp8(const Metadata& metadata) {
  const auto* block = metadata.integers("quantization_config.weight_block_size");
  return block != nullptr ? fmt::format("FP8, blocks of {}", fmt::join(*block, " by ")) : "FP8";
}

std::string describe_compressed_tensors(const Metadata& metadata) {
  constexpr std::string_view kGroup = "quantization_config.config_groups.group_0.weights.";
  std::string text = "compressed-tensors";
  if (const auto format = metadata.text("quantization_config.format")) {
    text += fmt::format(" {}", *format);
  }
  text += bits_text(metadata);
  if (const auto group_size = metadata.integer(fmt::format("{}group_size", kGroup))) {
    return text + groups_text(group_size);
  }
  const auto strategy = metadata.text(fmt::format("{}strategy", kGroup));
  return strategy ? fmt::format("{}, one scale per {}", text, *strategy) : text;
}

// The highest N of names "<prefix>N.…", plus one.
std::int64_t count_layers(const Checkpoint& checkpoint, std::string_view prefix) {
  std::int64_t n_layers = 0;
  for (const TensorView& tensor : checkpoint.tensors) {
    const std::string_view name = tensor.name;
    std::int32_t layer = 0;
    if (name.starts_with(prefix) &&
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer).ec == std::errc()) {
      n_layers = std::max(n_layers, std::int64_t{layer} + 1);
    }
  }
  return n_layers;
}

std::optional<std::int64_t> rows_of(const Checkpoint& checkpoint, std::string_view name) {
  const TensorView* tensor = checkpoint.find(name);
  return tensor == nullptr || tensor->shape.empty() ? std::nullopt : std::optional(tensor->shape.front());
}

void describe_counts(const Metadata& metadata, CheckpointSummary& summary) {
  using List = std::array<std::string_view, 5>;
  constexpr List kContext = {"max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx"};
  constexpr List kLayers = {"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers"};
  constexpr List kHidden = {"hidden_size", "n_embd", "d_model", "n_embed", "dim"};
  constexpr List kFfn = {"intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "d_ff"};
  constexpr List kHeads = {"num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads"};
  constexpr List kKvHeads = {"num_key_value_heads", "num_kv_heads", "n_head_kv", "n_kv_heads",
                             "attn_config.kv_n_heads"};
  constexpr List kExperts = {"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "n_experts"};
  summary.context_length = first_integer(metadata, kContext);
  summary.n_layers = first_integer(metadata, kLayers);
  summary.hidden_dim = first_integer(metadata, kHidden);
  summary.ffn_dim = first_integer(metadata, kFfn);
  summary.n_heads = first_integer(metadata, kHeads);
  summary.n_kv_heads = first_integer(metadata, kKvHeads);
  if (metadata.boolean("multi_query").value_or(false) && !summary.n_kv_heads) {
    summary.n_kv_heads = 1;
  }
  if (!summary.n_kv_heads) {
    summary.n_kv_heads = summary.n_heads;
  }
  summary.n_experts = first_integer(metadata, kExperts);
  summary.vocab_size = metadata.integer("vocab_size");
}

}  // namespace

std::string describe_quantization(const Checkpoint& checkpoint) {
  const Metadata& metadata = checkpoint.metadata;
  std::string method = text_of(metadata, fmt::format("{}quant_method", kQuantization));
  if (method.empty()) {
    method = method_by_names(checkpoint);
  }
  if (method == "gptq") {
    return describe_gptq(metadata);
  }
  if (method == "awq") {
    return fmt::format("AWQ{}{}, {}", bits_text(metadata),
                       groups_text(metadata.integer("quantization_config.group_size")),
                       metadata.text("quantization_config.version").value_or("gemm"));
  }
  if (method == "exl2" || method == "exl3") {
    const auto bits = metadata.number("quantization_config.bits");
    return (method == "exl2" ? "EXL2" : "EXL3") + (bits ? fmt::format(", {} bits on average", *bits) : "");
  }
  if (method == "fp8") {
    return describe_fp8(metadata);
  }
  return method == "compressed-tensors" ? describe_compressed_tensors(metadata) : method;
}

void describe_hf(const Checkpoint& checkpoint, CheckpointSummary& summary) {
  const Metadata& metadata = checkpoint.metadata;
  summary.architecture = text_of(metadata, "model_type");
  summary.quantization = describe_quantization(checkpoint);
  describe_counts(metadata, summary);
  const std::int64_t bits = packed_bits(metadata).value_or(0);
  summary.n_parameters = 0;
  for (const TensorView& tensor : checkpoint.tensors) {
    summary.n_parameters += count_weights(checkpoint, tensor, bits);
  }
}

void describe_rwkv(const Checkpoint& checkpoint, CheckpointSummary& summary) {
  summary.architecture = fmt::format("rwkv {}", text_of(checkpoint.metadata, "rwkv.version"));
  summary.n_layers = count_layers(checkpoint, "blocks.");
  summary.vocab_size = rows_of(checkpoint, "emb.weight");
  const TensorView* embedding = checkpoint.find("emb.weight");
  summary.hidden_dim = embedding == nullptr ? std::nullopt : std::optional(embedding->n_cols());
  summary.ffn_dim = rows_of(checkpoint, "blocks.0.ffn.key.weight");
  // Heads came with version 5; version 4 has none.
  for (const std::string_view name :
       {"blocks.0.att.r_k", "blocks.0.att.time_faaaa", "blocks.0.att.time_first", "blocks.0.att.time_decay"}) {
    if (!summary.n_heads && text_of(checkpoint.metadata, "rwkv.version") != "4") {
      summary.n_heads = rows_of(checkpoint, name);
    }
  }
  summary.n_kv_heads = summary.n_heads;
}

}  // namespace hearth::formats
