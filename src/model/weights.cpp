#include "model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "model/packer.h"
#include "model/quantized_tensors.h"
#include "model/tensor_finder.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

constexpr std::int64_t kMaxVocab = std::int64_t{1} << 24;

// Outputs and inputs of a matrix.
struct Extent {
  std::int64_t n_rows = 0;
  std::int64_t n_cols = 0;
};

// Where the rows of a matrix are in its tensor, and how many rows that tensor must have.
struct PartRows {
  std::int64_t first_row = 0;
  std::int64_t tensor_rows = 0;
  std::int64_t unit_heads = 0;  // as in MatrixSource
  std::int64_t unit_rows = 0;
};

PartRows qkv_rows(const ArchSpec& spec, const TensorSource& source) {
  const std::int64_t head = spec.head_dim;
  const std::int64_t group = spec.n_heads / spec.n_kv_heads;
  const std::int64_t query = spec.n_heads * head;
  const std::int64_t kv = spec.n_kv_heads * head;
  const bool is_query = source.part == RowPart::kQuery;
  const std::int64_t n_before = is_query ? 0 : (source.part == RowPart::kKey ? 0 : 1);  // key blocks before this one
  switch (source.qkv) {
    case QkvLayout::kGroups: {
      const std::int64_t unit = (group + 2) * head;
      const std::int64_t first = is_query ? 0 : (group + n_before) * head;
      return {first, query + 2 * kv, is_query ? group : 1, unit};
    }
    case QkvLayout::kRepeatedKv:
      return is_query ? PartRows{0, 3 * query} : PartRows{(1 + n_before) * query, 3 * query, 1, group * head};
    case QkvLayout::kBlocks:
      break;
  }
  return {is_query ? 0 : query + n_before * kv, query + 2 * kv};
}

PartRows part_rows(const ArchSpec& spec, const TensorSource& source, std::int64_t n_rows) {
  switch (source.part) {
    case RowPart::kQuery:
    case RowPart::kKey:
    case RowPart::kValue:
      return qkv_rows(spec, source);
    case RowPart::kGate:
      return {0, 2 * n_rows};
    case RowPart::kUp:
      return {n_rows, 2 * n_rows};
    case RowPart::kWhole:
      break;
  }
  return {0, n_rows};
}

// Rows are quantised once for all experts of a layer.
Status check_same_inputs(int layer, const FeedForward& first, const FeedForward& ffn) {
  const bool same_order = (ffn.down.input_order == nullptr) == (first.down.input_order == nullptr);
  if (!same_order || ffn.gate.input != first.gate.input || ffn.up.input != first.up.input ||
      ffn.down.input != first.down.input) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the experts of layer {} have encodings that read their inputs differently", layer));
  }
  return {};
}

// Finds the tensors of one model, checks their shapes and plans their packing.
class WeightPlan {
 public:
  WeightPlan(const ArchSpec& spec, const TensorTable& names, const PackOptions& options, Weights& weights)
      : spec_(spec),
        names_(names),
        options_(options),
        weights_(weights),
        finder_(weights.checkpoint, names),
        packer_(weights.checkpoint, *options.kernels) {}

  Status run() {
    HEARTH_TRY(quantized_, QuantizedTensors::open(weights_.checkpoint));
    HEARTH_TRY_VOID(plan_embedding());
    HEARTH_TRY_VOID(plan_output());
    HEARTH_TRY_VOID(plan_rope());
    weights_.layers.resize(static_cast<std::size_t>(spec_.n_layers));
    for (int layer = 0; layer < spec_.n_layers; ++layer) {
      LayerWeights& target = weights_.layers[static_cast<std::size_t>(layer)];
      HEARTH_TRY_VOID(plan_attention(layer, target));
      HEARTH_TRY_VOID(plan_ffn(layer, target));
    }
    HEARTH_TRY_VOID(finder_.check_all_used());
    HEARTH_TRY(weights_.packed, packer_.pack(options_.n_threads));
    if (options_.lock_memory) {
      HEARTH_TRY_VOID(weights_.packed.lock());
    }
    return {};
  }

 private:
  Status plan_embedding();
  Status plan_output();
  Status plan_rope();
  Status plan_attention(int layer, LayerWeights& target);
  Status plan_ffn(int layer, LayerWeights& target);
  Status plan_dense(int layer, std::int64_t ffn_dim, FeedForward& target);
  Status plan_experts(int layer, LayerWeights& target);
  Status plan_shared_expert(int layer, LayerWeights& target);

  // Values of a vector, or an empty span when the file has none.
  Result<std::span<const float>> vector(const TensorSource& source, std::string_view suffix, Place place,
                                        std::int64_t n);
  Result<std::span<const float>> rope_divisors(const TensorSource& source);
  Status norm(const TensorSource& source, Place place, Norm& target);
  Status head_norm(const TensorSource& source, int layer, const float*& target);
  Status linear(const TensorSource& source, Place place, Extent extent, Linear& target);
  Status matrix(const TensorSource& source, Place place, Extent extent, Linear& target);
  Status bias(const TensorSource& source, Place place, std::int64_t n_rows, Linear& target);
  Status require_bias(bool required, const TensorSource& source, Place place);
  // The source of a matrix that is stored quantised in several tensors, else null.
  Result<std::shared_ptr<const QuantizedSource>> find_quantized(const TensorSource& source, Place place, Extent extent);
  // Gives matrices that read the same rows their slots among InputRows::ordered.
  void set_order_slots(std::initializer_list<Linear*> readers);
  Status stacked(const TensorSource& source, Place place, Extent extent, Linear& target);
  Status add(const MatrixSource& source, Linear& target);
  // The factor that NVFP4 keeps beside a tensor, one of n_factors where several matrices share it.
  Status tensor_factor(const TensorSource& source, Place place, std::int64_t n_factors, Linear& target);
  MatrixSource rows_of(const TensorSource& source, std::int64_t n_rows) const;

  const ArchSpec& spec_;
  const TensorTable& names_;
  const PackOptions& options_;
  Weights& weights_;
  TensorFinder finder_;
  Packer packer_;
  std::optional<QuantizedTensors> quantized_;
};

Result<std::span<const float>> WeightPlan::vector(const TensorSource& source, std::string_view suffix, Place place,
                                                  std::int64_t n) {
  const formats::TensorView* tensor = finder_.find(source, suffix, place);
  if (tensor == nullptr) {
    return std::span<const float>();
  }
  if (tensor->shape != std::vector<std::int64_t>{1, n}) {
    HEARTH_TRY_VOID(check_shape(*tensor, {n}));
  }
  std::vector<float>& values = weights_.vectors.emplace_back(static_cast<std::size_t>(n));
  quant::info(tensor->type).dequantize_row(tensor->bytes.data(), values.data(), n);
  if (source.plus != 0.0F) {
    for (float& value : values) {
      value += source.plus;
    }
  }
  return std::span<const float>(values);
}

Status WeightPlan::norm(const TensorSource& source, Place place, Norm& target) {
  HEARTH_TRY_VOID(finder_.require(source, source.weight, place));
  HEARTH_TRY(const std::span<const float> weight, vector(source, source.weight, place, spec_.hidden_dim));
  target.exists = true;
  target.weight = weight.data();
  if (spec_.norm == NormKind::kLayer) {
    HEARTH_TRY_VOID(require_bias(spec_.norm_bias, source, place));
    TensorSource bias_source = source;
    bias_source.plus = 0.0F;
    HEARTH_TRY(const std::span<const float> bias, vector(bias_source, source.bias, place, spec_.hidden_dim));
    target.bias = bias.data();
  }
  return {};
}

Status WeightPlan::head_norm(const TensorSource& source, int layer, const float*& target) {
  const Place place{.layer = layer};
  HEARTH_TRY_VOID(finder_.require(source, source.weight, place));
  HEARTH_TRY(const std::span<const float> weight, vector(source, source.weight, place, spec_.head_dim));
  target = weight.data();
  return {};
}

Status WeightPlan::add(const MatrixSource& source, Linear& target) {
  HEARTH_TRY_VOID(packer_.plan(source, target.matrix));
  target.input = options_.exact ? ActivationKind::kF32 : kernels::activation_kind(target.matrix.kind);
  return {};
}

MatrixSource WeightPlan::rows_of(const TensorSource& source, std::int64_t n_rows) const {
  const PartRows part = part_rows(spec_, source, n_rows);
  return {.first_row = part.first_row,
          .n_rows = n_rows,
          .transposed = source.transposed,
          .head_dim = spec_.head_dim,
          .order = source.order,
          .n_rotated = spec_.ropes.empty() ? 0 : spec_.ropes[0].n_rotated,
          .unit_heads = part.unit_heads,
          .unit_rows = part.unit_rows};
}

Status WeightPlan::linear(const TensorSource& source, Place place, Extent extent, Linear& target) {
  HEARTH_TRY_VOID(matrix(source, place, extent, target));
  return bias(source, place, extent.n_rows, target);
}

Result<std::shared_ptr<const QuantizedSource>> WeightPlan::find_quantized(const TensorSource& source, Place place,
                                                                          Extent extent) {
  if (source.name.empty()) {
    return nullptr;
  }
  for (const std::string& name : finder_.names(source, "", place)) {
    HEARTH_TRY(std::shared_ptr<const QuantizedSource> found, quantized_->find({name, extent.n_rows, extent.n_cols}));
    if (found != nullptr) {
      for (const formats::TensorView* tensor : found->tensors()) {
        finder_.mark_used(*tensor);
      }
      return found;
    }
  }
  return nullptr;
}

void WeightPlan::set_order_slots(std::initializer_list<Linear*> readers) {
  std::vector<const Linear*> leaders;  // one for each order
  for (Linear* reader : readers) {
    if (reader->input_order == nullptr) {
      continue;
    }
    const auto same = std::ranges::find_if(leaders, [reader](const Linear* leader) {
      return std::equal(leader->input_order, leader->input_order + leader->matrix.n_cols, reader->input_order,
                        reader->input_order + reader->matrix.n_cols);
    });
    reader->order_slot = static_cast<std::int32_t>(same - leaders.begin());
    if (same == leaders.end()) {
      leaders.push_back(reader);
    }
  }
  weights_.n_order_slots = std::max(weights_.n_order_slots, static_cast<std::int32_t>(leaders.size()));
}

Status WeightPlan::matrix(const TensorSource& source, Place place, Extent extent, Linear& target) {
  const std::int64_t tensor_rows = part_rows(spec_, source, extent.n_rows).tensor_rows;
  MatrixSource rows = rows_of(source, extent.n_rows);
  HEARTH_TRY(rows.quantized, find_quantized(source, place, {tensor_rows, extent.n_cols}));
  if (rows.quantized != nullptr) {
    rows.transposed = false;
    const std::span<const std::int32_t> order = rows.quantized->input_order();
    if (!order.empty()) {
      target.input_order = weights_.input_orders.emplace_back(order.begin(), order.end()).data();
      set_order_slots({&target});
    }
    return add(rows, target);
  }
  HEARTH_TRY(const formats::TensorView* tensor, finder_.require(source, source.weight, place));
  HEARTH_TRY_VOID(check_shape(
      *tensor, source.transposed ? std::vector{extent.n_cols, tensor_rows} : std::vector{tensor_rows, extent.n_cols}));
  rows.tensor = tensor;
  HEARTH_TRY_VOID(add(rows, target));
  return tensor->type == quant::BlockType::kNvfp4 ? tensor_factor(source, place, 1, target) : Status();
}

Status WeightPlan::tensor_factor(const TensorSource& source, Place place, std::int64_t n_factors, Linear& target) {
  // For activations of 4 bits, which Hearth does not have.
  finder_.find(source, ".input_scale", place);
  TensorSource plain = source;
  plain.plus = 0.0F;
  HEARTH_TRY(const std::span<const float> factors, vector(plain, ".scale", place, n_factors));
  if (!factors.empty()) {
    target.matrix.decoder.factor = factors[static_cast<std::size_t>(n_factors > 1 ? place.expert : 0)];
  }
  return {};
}

Status WeightPlan::bias(const TensorSource& source, Place place, std::int64_t n_rows, Linear& target) {
  const std::int64_t tensor_rows = part_rows(spec_, source, n_rows).tensor_rows;
  HEARTH_TRY(const std::span<const float> stored, vector(source, source.bias, place, tensor_rows));
  if (stored.empty()) {
    return {};
  }
  const MatrixSource rows = rows_of(source, n_rows);
  std::vector<float>& values = weights_.vectors.emplace_back(static_cast<std::size_t>(n_rows));
  for (std::int64_t row = 0; row < n_rows; ++row) {
    values[static_cast<std::size_t>(row)] = stored[static_cast<std::size_t>(rows.first_row + source_row(rows, row))];
  }
  target.bias = values.data();
  return {};
}

Status WeightPlan::require_bias(bool required, const TensorSource& source, Place place) {
  if (required) {
    HEARTH_TRY_VOID(finder_.require(source, source.bias, place));
  }
  return {};
}

Status WeightPlan::stacked(const TensorSource& source, Place place, Extent extent, Linear& target) {
  HEARTH_TRY(const formats::TensorView* tensor, finder_.require(source, source.weight, place));
  HEARTH_TRY_VOID(check_shape(*tensor, {spec_.experts.n_experts, extent.n_rows, extent.n_cols}));
  HEARTH_TRY_VOID(add({.tensor = tensor, .first_row = place.expert * extent.n_rows, .n_rows = extent.n_rows}, target));
  return tensor->type == quant::BlockType::kNvfp4 ? tensor_factor(source, place, spec_.experts.n_experts, target)
                                                  : Status();
}

Status WeightPlan::plan_embedding() {
  HEARTH_TRY(const formats::TensorView* embedding, finder_.require(names_.embedding, names_.embedding.weight, {}));
  weights_.n_vocab = embedding->n_rows();
  if (weights_.n_vocab < 1 || weights_.n_vocab > kMaxVocab) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected 1 to {} rows, found {}", embedding->name,
                                                     kMaxVocab, weights_.n_vocab));
  }
  HEARTH_TRY_VOID(check_shape(*embedding, {weights_.n_vocab, spec_.token_dim()}));
  weights_.embedding = embedding;
  if (spec_.embedding_norm) {
    HEARTH_TRY_VOID(norm(names_.embedding_norm, {}, weights_.embedding_norm));
  }
  if (spec_.learned_positions) {
    HEARTH_TRY(weights_.positions, finder_.require(names_.position_embedding, names_.position_embedding.weight, {}));
    const std::int64_t n_rows = weights_.positions->n_rows();
    HEARTH_TRY_VOID(check_shape(*weights_.positions, {n_rows, spec_.hidden_dim}));
    if (n_rows <= spec_.position_offset) {
      return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected more than {} rows, found {}",
                                                       weights_.positions->name, spec_.position_offset, n_rows));
    }
  }
  if (spec_.token_dim() != spec_.hidden_dim) {
    HEARTH_TRY_VOID(linear(names_.project_in, {}, {spec_.hidden_dim, spec_.token_dim()}, weights_.project_in));
    HEARTH_TRY_VOID(linear(names_.project_out, {}, {spec_.token_dim(), spec_.hidden_dim}, weights_.project_out));
    // Applied to single rows, which are read as they are.
    weights_.project_in.input = ActivationKind::kF32;
    weights_.project_out.input = ActivationKind::kF32;
  }
  return {};
}

Status WeightPlan::plan_output() {
  if (!spec_.norm_after_residual) {
    HEARTH_TRY_VOID(norm(names_.output_norm, {}, weights_.output_norm));
  }
  const Extent extent{weights_.n_vocab, spec_.token_dim()};
  const formats::TensorView* own = finder_.find(names_.output, names_.output.weight, {});
  HEARTH_TRY(const auto quantized, find_quantized(names_.output, {}, extent));
  if (quantized != nullptr || (own != nullptr && own->bytes.data() != weights_.embedding->bytes.data())) {
    HEARTH_TRY_VOID(matrix(names_.output, {}, extent, weights_.output));
  } else {
    HEARTH_TRY_VOID(matrix(names_.embedding, {}, extent, weights_.output));
    weights_.embedding = nullptr;
  }
  HEARTH_TRY_VOID(require_bias(spec_.output_bias, names_.output, {}));
  return bias(names_.output, {}, extent.n_rows, weights_.output);
}

Status WeightPlan::plan_rope() {
  if (spec_.ropes.empty()) {
    return {};
  }
  HEARTH_TRY(weights_.rope_divisors, rope_divisors(names_.rope_divisors));
  HEARTH_TRY(weights_.rope_divisors_long, rope_divisors(names_.rope_divisors_long));
  HEARTH_TRY(weights_.rope_divisors_short, rope_divisors(names_.rope_divisors_short));
  if (spec_.ropes[0].scaling == RopeScaling::kLongrope && spec_.ropes[0].long_divisors.empty()) {
    HEARTH_TRY_VOID(finder_.require(names_.rope_divisors_long, names_.rope_divisors_long.weight, {}));
    HEARTH_TRY_VOID(finder_.require(names_.rope_divisors_short, names_.rope_divisors_short.weight, {}));
  }
  return {};
}

// Divisors of rope frequencies, [n_rotated / 2] of the first class; empty when the file has none.
Result<std::span<const float>> WeightPlan::rope_divisors(const TensorSource& source) {
  HEARTH_TRY(const std::span<const float> divisors, vector(source, source.weight, {}, spec_.ropes[0].n_rotated / 2));
  for (const float divisor : divisors) {
    if (!std::isfinite(divisor) || divisor <= 0.0F) {
      return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected positive divisors, found {}",
                                                       finder_.name(source, source.weight, {}), divisor));
    }
  }
  return divisors;
}

Status WeightPlan::plan_attention(int layer, LayerWeights& target) {
  const Place place{.layer = layer};
  const std::int64_t query_rows = std::int64_t{spec_.n_heads} * spec_.head_dim;
  const std::int64_t kv_rows = std::int64_t{spec_.n_kv_heads} * spec_.head_dim;
  Norm& own_norm = spec_.norm_after_residual ? target.attention_residual_norm : target.attention_norm;
  HEARTH_TRY_VOID(norm(names_.attention_norm, place, own_norm));
  HEARTH_TRY_VOID(linear(names_.query, place, {query_rows, spec_.hidden_dim}, target.query));
  HEARTH_TRY_VOID(linear(names_.key, place, {kv_rows, spec_.hidden_dim}, target.key));
  HEARTH_TRY_VOID(linear(names_.value, place, {kv_rows, spec_.hidden_dim}, target.value));
  set_order_slots({&target.query, &target.key, &target.value});
  HEARTH_TRY_VOID(linear(names_.attention_output, place, {spec_.hidden_dim, query_rows}, target.attention_output));
  HEARTH_TRY_VOID(require_bias(spec_.qkv_bias, names_.query, place));
  HEARTH_TRY_VOID(require_bias(spec_.qkv_bias, names_.key, place));
  HEARTH_TRY_VOID(require_bias(spec_.qkv_bias, names_.value, place));
  HEARTH_TRY_VOID(require_bias(spec_.attention_output_bias, names_.attention_output, place));
  if (spec_.qk_norm) {
    HEARTH_TRY_VOID(head_norm(names_.query_norm, layer, target.query_norm));
    HEARTH_TRY_VOID(head_norm(names_.key_norm, layer, target.key_norm));
  }
  return spec_.post_norms ? norm(names_.attention_post_norm, place, target.attention_post_norm) : Status();
}

Status WeightPlan::plan_ffn(int layer, LayerWeights& target) {
  const Place place{.layer = layer};
  if (spec_.parallel_block && names_.ffn_norm.name.empty()) {
    target.ffn_norm = target.attention_norm;
  } else {
    HEARTH_TRY_VOID(
        norm(names_.ffn_norm, place, spec_.norm_after_residual ? target.ffn_residual_norm : target.ffn_norm));
  }
  if (spec_.post_norms) {
    HEARTH_TRY_VOID(norm(names_.ffn_post_norm, place, target.ffn_post_norm));
  }
  if (!spec_.is_mixture(layer)) {
    return plan_dense(layer, spec_.dense_ffn_dim(layer), target.experts.emplace_back());
  }
  HEARTH_TRY_VOID(plan_experts(layer, target));
  return spec_.experts.shared_ffn_dim > 0 ? plan_shared_expert(layer, target) : Status();
}

Status WeightPlan::plan_dense(int layer, std::int64_t ffn_dim, FeedForward& target) {
  const Place place{.layer = layer};
  if (spec_.gated) {
    HEARTH_TRY_VOID(linear(names_.gate, place, {ffn_dim, spec_.hidden_dim}, target.gate));
    HEARTH_TRY_VOID(require_bias(spec_.ffn_bias, names_.gate, place));
  }
  HEARTH_TRY_VOID(linear(names_.up, place, {ffn_dim, spec_.hidden_dim}, target.up));
  set_order_slots({&target.gate, &target.up});
  HEARTH_TRY_VOID(linear(names_.down, place, {spec_.hidden_dim, ffn_dim}, target.down));
  HEARTH_TRY_VOID(require_bias(spec_.ffn_bias, names_.up, place));
  return require_bias(spec_.ffn_bias, names_.down, place);
}

Status WeightPlan::plan_experts(int layer, LayerWeights& target) {
  HEARTH_TRY_VOID(linear(names_.router, {.layer = layer}, {spec_.experts.n_experts, spec_.hidden_dim}, target.router));
  // A rounded router would choose other experts: it always reads its inputs as they are.
  target.router.input = ActivationKind::kF32;
  target.experts.resize(static_cast<std::size_t>(spec_.experts.n_experts));
  const Extent up{spec_.ffn_dim, spec_.hidden_dim};
  const Extent down{spec_.hidden_dim, spec_.ffn_dim};
  const bool one_tensor = finder_.find(names_.expert_ups, names_.expert_ups.weight, {.layer = layer}) != nullptr;
  for (int expert = 0; expert < spec_.experts.n_experts; ++expert) {
    const Place place{layer, expert};
    FeedForward& ffn = target.experts[static_cast<std::size_t>(expert)];
    if (one_tensor) {
      HEARTH_TRY_VOID(spec_.gated ? stacked(names_.expert_gates, place, up, ffn.gate) : Status());
      HEARTH_TRY_VOID(stacked(names_.expert_ups, place, up, ffn.up));
      HEARTH_TRY_VOID(stacked(names_.expert_downs, place, down, ffn.down));
    } else {
      HEARTH_TRY_VOID(spec_.gated ? linear(names_.expert_gate, place, up, ffn.gate) : Status());
      HEARTH_TRY_VOID(linear(names_.expert_up, place, up, ffn.up));
      HEARTH_TRY_VOID(linear(names_.expert_down, place, down, ffn.down));
    }
    set_order_slots({&ffn.gate, &ffn.up});
    HEARTH_TRY_VOID(check_same_inputs(layer, target.experts.front(), ffn));
  }
  return {};
}

Status WeightPlan::plan_shared_expert(int layer, LayerWeights& target) {
  const Place place{.layer = layer};
  const Extent up{spec_.experts.shared_ffn_dim, spec_.hidden_dim};
  if (spec_.gated) {
    HEARTH_TRY_VOID(linear(names_.shared_gate, place, up, target.shared.gate));
  }
  HEARTH_TRY_VOID(linear(names_.shared_up, place, up, target.shared.up));
  HEARTH_TRY_VOID(
      linear(names_.shared_down, place, {spec_.hidden_dim, spec_.experts.shared_ffn_dim}, target.shared.down));
  set_order_slots({&target.shared.gate, &target.shared.up});
  if (spec_.experts.shared_gate) {
    const TensorSource& source = names_.shared_expert_gate;
    HEARTH_TRY(const formats::TensorView* gate, finder_.require(source, source.weight, place));
    if (gate->shape != std::vector<std::int64_t>{spec_.hidden_dim}) {
      HEARTH_TRY_VOID(check_shape(*gate, {1, spec_.hidden_dim}));
    }
    HEARTH_TRY_VOID(add({.tensor = gate, .n_rows = 1}, target.shared_expert_gate));
    target.shared_expert_gate.input = ActivationKind::kF32;
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
