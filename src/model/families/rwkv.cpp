// RWKV: the architectures rwkv6 and rwkv7 of GGUF, and the files of the project itself, which have no metadata.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "model/families/gguf_keys.h"
#include "model/rwkv_spec.h"

namespace hearth::model {
namespace {

constexpr std::int32_t kMaxLayers = 4096;
constexpr std::int32_t kMaxDim = 1 << 20;
constexpr std::int32_t kMaxContext = 1 << 28;
// A recurrence has no end: what converters to GGUF write as the trained context.
constexpr std::int64_t kEndlessContext = std::int64_t{1} << 20;
constexpr std::int32_t kChannelRun = 64;

Result<std::int32_t> extent(const formats::TensorView& tensor, std::size_t axis) {
  if (axis >= tensor.shape.size() || tensor.shape[axis] < 1 || tensor.shape[axis] > kMaxDim) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected 1 to {} in dimension {}", tensor.name, kMaxDim, axis));
  }
  return static_cast<std::int32_t>(tensor.shape[axis]);
}

Result<const formats::TensorView*> require(const formats::Checkpoint& checkpoint, std::string_view name) {
  const formats::TensorView* tensor = checkpoint.find(name);
  if (tensor == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {} is missing", name));
  }
  return tensor;
}

Status set_heads(RwkvSpec& spec, std::int32_t n_heads) {
  if (n_heads < 1 || spec.hidden_dim % n_heads != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("expected a number of heads that divides {} dimensions, found {}",
                                                     spec.hidden_dim, n_heads));
  }
  spec.n_heads = n_heads;
  spec.head_dim = spec.hidden_dim / n_heads;
  return {};
}

Status read_version(const formats::Checkpoint& checkpoint, RwkvSpec& spec) {
  HEARTH_TRY(const std::string_view version, checkpoint.metadata.require_text("rwkv.version"));
  std::string_view heads_of;  // the tensor with a row per head
  if (version == "4") {
    spec.time_mix = RwkvTimeMix::kV4;
    spec.head_dim = std::min(kChannelRun, spec.hidden_dim);
    spec.n_heads = (spec.hidden_dim + spec.head_dim - 1) / spec.head_dim;
    return {};
  }
  if (version == "5.1" || version == "5.2") {
    spec.time_mix = RwkvTimeMix::kV5;
    spec.has_gate = checkpoint.find("blocks.0.att.gate.weight") != nullptr;
    heads_of = "blocks.0.att.time_decay";
  } else if (version == "6") {
    spec.time_mix = RwkvTimeMix::kV6;
    spec.has_gate = true;
    heads_of = "blocks.0.att.time_faaaa";
  } else if (version == "7") {
    spec.time_mix = RwkvTimeMix::kV7;
    heads_of = "blocks.0.att.r_k";
  } else {
    return fail(ErrorCode::kUnsupported,
                fmt::format("RWKV version {} is not supported; known ones: 4, 5.1, 5.2, 6, 7", version));
  }
  HEARTH_TRY(const formats::TensorView* tensor, require(checkpoint, heads_of));
  HEARTH_TRY(const std::int32_t n_heads, extent(*tensor, 0));
  return set_heads(spec, n_heads);
}

Result<RwkvSpec> spec_from_tensors(const formats::Checkpoint& checkpoint) {
  RwkvSpec spec;
  spec.trained_context = kEndlessContext;
  HEARTH_TRY(const formats::TensorView* embedding, require(checkpoint, "emb.weight"));
  HEARTH_TRY(spec.hidden_dim, extent(*embedding, 1));
  HEARTH_TRY(const formats::TensorView* ffn_key, require(checkpoint, "blocks.0.ffn.key.weight"));
  HEARTH_TRY(spec.ffn_dim, extent(*ffn_key, 0));
  while (spec.n_layers < kMaxLayers && checkpoint.find(fmt::format("blocks.{}.ln1.weight", spec.n_layers)) != nullptr) {
    ++spec.n_layers;
  }
  HEARTH_TRY_VOID(read_version(checkpoint, spec));
  return spec;
}

Result<RwkvSpec> spec_from_gguf(const formats::Metadata& metadata, std::string_view architecture) {
  const GgufKeys keys(metadata, architecture);
  RwkvSpec spec;
  spec.time_mix = architecture == "rwkv7" ? RwkvTimeMix::kV7 : RwkvTimeMix::kV6;
  spec.has_gate = spec.time_mix == RwkvTimeMix::kV6;
  HEARTH_TRY(spec.n_layers, keys.require_count("block_count", kMaxLayers));
  HEARTH_TRY(spec.hidden_dim, keys.require_count("embedding_length", kMaxDim));
  HEARTH_TRY(spec.ffn_dim, keys.require_count("feed_forward_length", kMaxDim));
  HEARTH_TRY(spec.trained_context, keys.count("context_length", kEndlessContext, kMaxContext));
  HEARTH_TRY(const std::int32_t head_dim, keys.require_count("wkv.head_size", kMaxDim));
  if (spec.hidden_dim % head_dim != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}.wkv.head_size: expected a divisor of {}, found {}",
                                                     architecture, spec.hidden_dim, head_dim));
  }
  HEARTH_TRY_VOID(set_heads(spec, spec.hidden_dim / head_dim));
  HEARTH_TRY(const double norm_eps, keys.positive("attention.layer_norm_epsilon", spec.norm_eps));
  spec.norm_eps = static_cast<float>(norm_eps);
  const std::string halving = fmt::format("{}.rescale_every_n_layers", architecture);
  if (metadata.integer(halving).value_or(0) != 0) {
    HEARTH_TRY(spec.halve_every, keys.require_count("rescale_every_n_layers", kMaxLayers));
  }
  return spec;
}

}  // namespace

bool is_rwkv(const formats::Checkpoint& checkpoint) {
  if (checkpoint.convention != formats::Convention::kGguf) {
    return checkpoint.convention == formats::Convention::kRwkv;
  }
  const std::string_view architecture = checkpoint.metadata.text("general.architecture").value_or("");
  return architecture == "rwkv6" || architecture == "rwkv7";
}

Result<RwkvSpec> read_rwkv_spec(const formats::Checkpoint& checkpoint) {
  if (checkpoint.convention == formats::Convention::kRwkv) {
    return spec_from_tensors(checkpoint);
  }
  HEARTH_TRY(const std::string_view architecture, checkpoint.metadata.require_text("general.architecture"));
  return spec_from_gguf(checkpoint.metadata, architecture);
}

}  // namespace hearth::model
