#include "model/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/kernels.h"
#include "model/packer.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

constexpr std::int64_t kMaxVocab = std::int64_t{1} << 24;
constexpr int kNone = -1;

struct Place {
  int layer = kNone;
  int expert = kNone;
};

// Names that hold nothing a model computes with: tables that old converters wrote along.
bool is_ignored(std::string_view name) {
  return name.ends_with("attn_rot_embd.weight") || name.ends_with("rotary_emb.inv_freq");
}

std::string resolve(std::string_view pattern, std::string_view suffix, Place place) {
  std::string name(pattern);
  const auto replace = [&name](std::string_view token, int number) {
    if (const std::size_t at = name.find(token); at != std::string::npos) {
      name.replace(at, token.size(), std::to_string(number));
    }
  };
  replace("{layer}", place.layer);
  replace("{expert}", place.expert);
  return name.append(suffix);
}

// Finds the tensors of one model, checks their shapes and plans their packing.
class WeightPlan {
 public:
  WeightPlan(const ArchSpec& spec, const TensorTable& names, const PackOptions& options, Weights& weights)
      : spec_(spec),
        names_(names),
        options_(options),
        weights_(weights),
        packer_(weights.checkpoint, *options.kernels) {}

  Status run() {
    HEARTH_TRY_VOID(plan_top());
    weights_.layers.resize(static_cast<std::size_t>(spec_.n_layers));
    for (int layer = 0; layer < spec_.n_layers; ++layer) {
      LayerWeights& target = weights_.layers[static_cast<std::size_t>(layer)];
      HEARTH_TRY_VOID(plan_attention(layer, target));
      HEARTH_TRY_VOID(plan_ffn(layer, target));
    }
    HEARTH_TRY_VOID(check_all_used());
    HEARTH_TRY(weights_.packed, packer_.pack(options_.n_threads));
    if (options_.lock_memory) {
      HEARTH_TRY_VOID(weights_.packed.lock());
    }
    return {};
  }

 private:
  Status plan_top();
  Status plan_attention(int layer, LayerWeights& target);
  Status plan_ffn(int layer, LayerWeights& target);
  Status plan_experts(int layer, LayerWeights& target);
  Status check_all_used() const;
  // Divisors of rope frequencies, [n_rotated / 2] of the first class; empty when the file has none.
  Result<std::span<const float>> rope_divisors(const TensorSource& source);

  const formats::TensorView* find(const TensorSource& source, std::string_view suffix, Place place);
  Result<const formats::TensorView*> require(const TensorSource& source, std::string_view suffix, Place place);
  // Values of a vector, or an empty span when the file has none.
  Result<std::span<const float>> vector(const TensorSource& source, std::string_view suffix, Place place,
                                        std::int64_t n);
  Status norm(const TensorSource& source, int layer, Norm& target);
  Status head_norm(const TensorSource& source, int layer, const float*& target);
  Status linear(const TensorSource& source, Place place, std::int64_t n_rows, std::int64_t n_cols, Linear& target);
  Status bias(const TensorSource& source, Place place, const MatrixSource& rows, Linear& target);
  Status stacked(const TensorSource& source, Place place, std::int64_t n_rows, std::int64_t n_cols, Linear& target);
  Status add(const MatrixSource& source, Linear& target);

  // First row of a matrix in its tensor, and the rows that tensor must have.
  std::pair<std::int64_t, std::int64_t> part_rows(RowPart part, std::int64_t n_rows) const;

  const ArchSpec& spec_;
  const TensorTable& names_;
  const PackOptions& options_;
  Weights& weights_;
  Packer packer_;
  std::set<const formats::TensorView*> used_;
};

Status check_shape(const formats::TensorView& tensor, const std::vector<std::int64_t>& expected) {
  if (tensor.shape != expected) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected shape [{}], found [{}]", tensor.name,
                                                     fmt::join(expected, ", "), fmt::join(tensor.shape, ", ")));
  }
  return {};
}

// Rows are quantised once for all experts of a layer.
Status check_same_inputs(int layer, const FeedForward& first, const FeedForward& ffn) {
  if (ffn.gate.input != first.gate.input || ffn.up.input != first.up.input || ffn.down.input != first.down.input) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the experts of layer {} have encodings that read their inputs differently", layer));
  }
  return {};
}

const formats::TensorView* WeightPlan::find(const TensorSource& source, std::string_view suffix, Place place) {
  const formats::TensorView* tensor = weights_.checkpoint.find(resolve(source.name, suffix, place));
  if (tensor != nullptr) {
    used_.insert(tensor);
  }
  return tensor;
}

Result<const formats::TensorView*> WeightPlan::require(const TensorSource& source, std::string_view suffix,
                                                       Place place) {
  const formats::TensorView* tensor = find(source, suffix, place);
  if (tensor == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {} is missing", resolve(source.name, suffix, place)));
  }
  return tensor;
}

Result<std::span<const float>> WeightPlan::vector(const TensorSource& source, std::string_view suffix, Place place,
                                                  std::int64_t n) {
  const formats::TensorView* tensor = find(source, suffix, place);
  if (tensor == nullptr) {
    return std::span<const float>();
  }
  HEARTH_TRY_VOID(check_shape(*tensor, {n}));
  std::vector<float>& values = weights_.vectors.emplace_back(static_cast<std::size_t>(n));
  quant::info(tensor->type).dequantize_row(tensor->bytes.data(), values.data(), n);
  return std::span<const float>(values);
}

Status WeightPlan::norm(const TensorSource& source, int layer, Norm& target) {
  const Place place{.layer = layer};
  HEARTH_TRY_VOID(require(source, ".weight", place));
  HEARTH_TRY(const std::span<const float> weight, vector(source, ".weight", place, spec_.hidden_dim));
  target.weight = weight.data();
  if (spec_.norm == NormKind::kLayer) {
    HEARTH_TRY(const std::span<const float> bias, vector(source, ".bias", place, spec_.hidden_dim));
    target.bias = bias.data();
  }
  return {};
}

Status WeightPlan::head_norm(const TensorSource& source, int layer, const float*& target) {
  const Place place{.layer = layer};
  HEARTH_TRY_VOID(require(source, ".weight", place));
  HEARTH_TRY(const std::span<const float> weight, vector(source, ".weight", place, spec_.head_dim));
  target = weight.data();
  return {};
}

std::pair<std::int64_t, std::int64_t> WeightPlan::part_rows(RowPart part, std::int64_t n_rows) const {
  const std::int64_t query_rows = std::int64_t{spec_.n_heads} * spec_.head_dim;
  const std::int64_t kv_rows = std::int64_t{spec_.n_kv_heads} * spec_.head_dim;
  switch (part) {
    case RowPart::kQuery:
      return {0, query_rows + 2 * kv_rows};
    case RowPart::kKey:
      return {query_rows, query_rows + 2 * kv_rows};
    case RowPart::kValue:
      return {query_rows + kv_rows, query_rows + 2 * kv_rows};
    case RowPart::kGate:
      return {0, 2 * n_rows};
    case RowPart::kUp:
      return {n_rows, 2 * n_rows};
    case RowPart::kWhole:
      break;
  }
  return {0, n_rows};
}

Status WeightPlan::add(const MatrixSource& source, Linear& target) {
  HEARTH_TRY_VOID(packer_.plan(source, target.matrix));
  target.input = options_.exact ? ActivationKind::kF32 : kernels::activation_kind(target.matrix.kind);
  return {};
}

Status WeightPlan::linear(const TensorSource& source, Place place, std::int64_t n_rows, std::int64_t n_cols,
                          Linear& target) {
  HEARTH_TRY(const formats::TensorView* tensor, require(source, ".weight", place));
  const auto [first_row, tensor_rows] = part_rows(source.part, n_rows);
  HEARTH_TRY_VOID(check_shape(*tensor, {tensor_rows, n_cols}));
  const MatrixSource rows{.tensor = tensor,
                          .first_row = first_row,
                          .n_rows = n_rows,
                          .order = source.order,
                          .head_dim = spec_.head_dim,
                          .n_rotated = spec_.ropes[0].n_rotated};
  HEARTH_TRY_VOID(add(rows, target));
  return bias(source, place, rows, target);
}

Status WeightPlan::bias(const TensorSource& source, Place place, const MatrixSource& rows, Linear& target) {
  const std::int64_t tensor_rows = part_rows(source.part, rows.n_rows).second;
  HEARTH_TRY(const std::span<const float> stored, vector(source, ".bias", place, tensor_rows));
  if (stored.empty()) {
    return {};
  }
  std::vector<float>& values = weights_.vectors.emplace_back(static_cast<std::size_t>(rows.n_rows));
  for (std::int64_t row = 0; row < rows.n_rows; ++row) {
    values[static_cast<std::size_t>(row)] = stored[static_cast<std::size_t>(rows.first_row + source_row(rows, row))];
  }
  target.bias = values.data();
  return {};
}

Status WeightPlan::stacked(const TensorSource& source, Place place, std::int64_t n_rows, std::int64_t n_cols,
                           Linear& target) {
  HEARTH_TRY(const formats::TensorView* tensor, require(source, ".weight", place));
  HEARTH_TRY_VOID(check_shape(*tensor, {spec_.experts.n_experts, n_rows, n_cols}));
  return add({.tensor = tensor, .first_row = place.expert * n_rows, .n_rows = n_rows}, target);
}

Status WeightPlan::plan_top() {
  HEARTH_TRY(const formats::TensorView* embedding, require(names_.embedding, ".weight", {}));
  weights_.n_vocab = embedding->n_rows();
  if (weights_.n_vocab < 1 || weights_.n_vocab > kMaxVocab) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected 1 to {} rows, found {}", embedding->name,
                                                     kMaxVocab, weights_.n_vocab));
  }
  HEARTH_TRY_VOID(check_shape(*embedding, {weights_.n_vocab, spec_.hidden_dim}));
  HEARTH_TRY_VOID(norm(names_.output_norm, kNone, weights_.output_norm));
  if (find(names_.output, ".weight", {}) != nullptr) {
    weights_.embedding = embedding;
    HEARTH_TRY_VOID(linear(names_.output, {}, weights_.n_vocab, spec_.hidden_dim, weights_.output));
  } else {
    HEARTH_TRY_VOID(linear(names_.embedding, {}, weights_.n_vocab, spec_.hidden_dim, weights_.output));
  }
  HEARTH_TRY(weights_.rope_divisors, rope_divisors(names_.rope_divisors));
  HEARTH_TRY(weights_.rope_divisors_long, rope_divisors(names_.rope_divisors_long));
  HEARTH_TRY(weights_.rope_divisors_short, rope_divisors(names_.rope_divisors_short));
  if (spec_.ropes[0].scaling == RopeScaling::kLongrope) {
    HEARTH_TRY_VOID(require(names_.rope_divisors_long, ".weight", {}));
    HEARTH_TRY_VOID(require(names_.rope_divisors_short, ".weight", {}));
  }
  return {};
}

Result<std::span<const float>> WeightPlan::rope_divisors(const TensorSource& source) {
  HEARTH_TRY(const std::span<const float> divisors, vector(source, ".weight", {}, spec_.ropes[0].n_rotated / 2));
  for (const float divisor : divisors) {
    if (!std::isfinite(divisor) || divisor <= 0.0F) {
      return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected positive divisors, found {}",
                                                       resolve(source.name, ".weight", {}), divisor));
    }
  }
  return divisors;
}

Status WeightPlan::plan_attention(int layer, LayerWeights& target) {
  const Place place{.layer = layer};
  const std::int64_t query_rows = std::int64_t{spec_.n_heads} * spec_.head_dim;
  const std::int64_t kv_rows = std::int64_t{spec_.n_kv_heads} * spec_.head_dim;
  HEARTH_TRY_VOID(norm(names_.attention_norm, layer, target.attention_norm));
  HEARTH_TRY_VOID(linear(names_.query, place, query_rows, spec_.hidden_dim, target.query));
  HEARTH_TRY_VOID(linear(names_.key, place, kv_rows, spec_.hidden_dim, target.key));
  HEARTH_TRY_VOID(linear(names_.value, place, kv_rows, spec_.hidden_dim, target.value));
  HEARTH_TRY_VOID(linear(names_.attention_output, place, spec_.hidden_dim, query_rows, target.attention_output));
  if (spec_.qkv_bias) {
    HEARTH_TRY_VOID(require(names_.query, ".bias", place));
    HEARTH_TRY_VOID(require(names_.key, ".bias", place));
    HEARTH_TRY_VOID(require(names_.value, ".bias", place));
  }
  if (spec_.qk_norm) {
    HEARTH_TRY_VOID(head_norm(names_.query_norm, layer, target.query_norm));
    HEARTH_TRY_VOID(head_norm(names_.key_norm, layer, target.key_norm));
  }
  return spec_.post_norms ? norm(names_.attention_post_norm, layer, target.attention_post_norm) : Status();
}

Status WeightPlan::plan_ffn(int layer, LayerWeights& target) {
  const Place place{.layer = layer};
  HEARTH_TRY_VOID(norm(names_.ffn_norm, layer, target.ffn_norm));
  if (spec_.post_norms) {
    HEARTH_TRY_VOID(norm(names_.ffn_post_norm, layer, target.ffn_post_norm));
  }
  if (spec_.experts.n_experts > 0) {
    return plan_experts(layer, target);
  }
  FeedForward& dense = target.experts.emplace_back();
  HEARTH_TRY_VOID(linear(names_.gate, place, spec_.ffn_dim, spec_.hidden_dim, dense.gate));
  HEARTH_TRY_VOID(linear(names_.up, place, spec_.ffn_dim, spec_.hidden_dim, dense.up));
  return linear(names_.down, place, spec_.hidden_dim, spec_.ffn_dim, dense.down);
}

Status WeightPlan::plan_experts(int layer, LayerWeights& target) {
  HEARTH_TRY_VOID(linear(names_.router, {.layer = layer}, spec_.experts.n_experts, spec_.hidden_dim, target.router));
  // A rounded router would choose other experts: it always reads its inputs as they are.
  target.router.input = ActivationKind::kF32;
  target.experts.resize(static_cast<std::size_t>(spec_.experts.n_experts));
  const bool one_tensor = find(names_.expert_gates, ".weight", {.layer = layer}) != nullptr;
  for (int expert = 0; expert < spec_.experts.n_experts; ++expert) {
    const Place place{layer, expert};
    FeedForward& ffn = target.experts[static_cast<std::size_t>(expert)];
    if (one_tensor) {
      HEARTH_TRY_VOID(stacked(names_.expert_gates, place, spec_.ffn_dim, spec_.hidden_dim, ffn.gate));
      HEARTH_TRY_VOID(stacked(names_.expert_ups, place, spec_.ffn_dim, spec_.hidden_dim, ffn.up));
      HEARTH_TRY_VOID(stacked(names_.expert_downs, place, spec_.hidden_dim, spec_.ffn_dim, ffn.down));
    } else {
      HEARTH_TRY_VOID(linear(names_.expert_gate, place, spec_.ffn_dim, spec_.hidden_dim, ffn.gate));
      HEARTH_TRY_VOID(linear(names_.expert_up, place, spec_.ffn_dim, spec_.hidden_dim, ffn.up));
      HEARTH_TRY_VOID(linear(names_.expert_down, place, spec_.hidden_dim, spec_.ffn_dim, ffn.down));
    }
    HEARTH_TRY_VOID(check_same_inputs(layer, target.experts.front(), ffn));
  }
  return {};
}

// A tensor that nobody reads means that the model computes something this architecture does not.
Status WeightPlan::check_all_used() const {
  for (const formats::TensorView& tensor : weights_.checkpoint.tensors) {
    if (!used_.contains(&tensor) && !is_ignored(tensor.name)) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("tensor {} is not known to this architecture; the model would compute something else",
                              tensor.name));
    }
  }
  return {};
}

}  // namespace

Result<Weights> load_weights(formats::Checkpoint checkpoint, const ArchSpec& spec, const TensorTable& names,
                             const PackOptions& options) {
  Weights weights;
  weights.checkpoint = std::move(checkpoint);
  WeightPlan plan(spec, names, options, weights);
  HEARTH_TRY_VOID(plan.run());
  return weights;
}

}  // namespace hearth::model
