#include "model/rwkv_weights.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/kernels.h"
#include "model/packer.h"
#include "model/rwkv_names.h"
#include "model/tensor_finder.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

constexpr std::int64_t kMaxVocab = std::int64_t{1} << 24;
constexpr std::int64_t kMaxRank = std::int64_t{1} << 14;
constexpr int kNoLayer = -1;

struct RwkvPlace {
  int layer = kNoLayer;
  char letter = ' ';
};

std::string resolve(std::string_view pattern, RwkvPlace place, std::string_view suffix = {}) {
  std::string name(pattern);
  const auto replace = [&name](std::string_view token, const std::string& with) {
    if (const std::size_t at = name.find(token); at != std::string::npos) {
      name.replace(at, token.size(), with);
    }
  };
  replace("{layer}", std::to_string(place.layer));
  replace("{letter}", std::string(1, place.letter));
  return name.append(suffix);
}

bool is_float(quant::BlockType type) {
  return type == quant::BlockType::kF32 || type == quant::BlockType::kF16 || type == quant::BlockType::kBf16;
}

// Finds the tensors of one model, checks their shapes and plans their packing.
class RwkvPlan {
 public:
  RwkvPlan(const RwkvSpec& spec, const PackOptions& options, RwkvWeights& weights)
      : spec_(spec),
        names_(rwkv_names(weights.checkpoint.convention, spec.time_mix)),
        options_(options),
        weights_(weights),
        packer_(weights.checkpoint, *options.kernels),
        is_rwkv_cpp_(weights.checkpoint.metadata.boolean("rwkv.is_transformed").value_or(false)),
        has_raw_loras_(weights.checkpoint.convention == formats::Convention::kRwkv && !is_rwkv_cpp_) {}

  Status run();

 private:
  Status plan_top();
  Status plan_time_mix(int layer, RwkvLayer& target);
  Status plan_shift(int layer, RwkvLayer& target);
  Status plan_decay(int layer, RwkvLayer& target);
  Status plan_loras(int layer, RwkvLayer& target);
  Status plan_ffn(int layer, RwkvLayer& target);
  Status check_all_used() const;

  const formats::TensorView* find(const std::string& name);
  Result<const formats::TensorView*> require(const std::string& name);
  Result<std::vector<float>> values(const formats::TensorView& tensor, std::int64_t n) const;
  const float* keep(std::vector<float> values);
  Status vector(const std::string& name, const float*& target);
  // One value per channel from a tensor with that or with one per head.
  Result<std::vector<float>> spread(const formats::TensorView& tensor) const;
  Status norm(std::string_view pattern, int layer, Norm& target);
  Status linear(const std::string& name, std::int64_t n_rows, std::int64_t n_cols, Linear& target);
  Status lora(const RwkvLoraNames& names, int layer, RwkvLora& target);
  Status shift_lora(int layer, RwkvLayer& target);
  Status check_rank(const formats::TensorView& tensor, std::int64_t rank);
  Status add(const MatrixSource& source, Linear& target);
  Status add_floats(const MatrixSource& source, Linear& target);
  // Matrix `index` of a stack of them, a tensor of three dimensions.
  const formats::TensorView* slice(const formats::TensorView& tensor, std::int64_t index);

  const RwkvSpec& spec_;
  const RwkvNames& names_;
  const PackOptions& options_;
  RwkvWeights& weights_;
  Packer packer_;
  bool is_rwkv_cpp_;    // decays are transformed already
  bool has_raw_loras_;  // lora matrices are [in, rank] and [rank, out]
  std::set<const formats::TensorView*> used_;
  std::deque<formats::TensorView> slices_;
};

Status RwkvPlan::run() {
  HEARTH_TRY_VOID(plan_top());
  weights_.layers.resize(static_cast<std::size_t>(spec_.n_layers));
  for (int layer = 0; layer < spec_.n_layers; ++layer) {
    RwkvLayer& target = weights_.layers[static_cast<std::size_t>(layer)];
    HEARTH_TRY_VOID(plan_time_mix(layer, target));
    HEARTH_TRY_VOID(plan_ffn(layer, target));
  }
  HEARTH_TRY_VOID(check_all_used());
  HEARTH_TRY(weights_.packed, packer_.pack(options_.n_threads));
  return options_.lock_memory ? weights_.packed.lock() : Status();
}

const formats::TensorView* RwkvPlan::find(const std::string& name) {
  const formats::TensorView* tensor = weights_.checkpoint.find(name);
  if (tensor != nullptr) {
    used_.insert(tensor);
  }
  return tensor;
}

Result<const formats::TensorView*> RwkvPlan::require(const std::string& name) {
  const formats::TensorView* tensor = find(name);
  if (tensor == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {} is missing", name));
  }
  return tensor;
}

// All values of a tensor of n, whatever its shape: files write [n], [1, 1, n] and [heads, n / heads].
Result<std::vector<float>> RwkvPlan::values(const formats::TensorView& tensor, std::int64_t n) const {
  if (tensor.n_elements() != n || tensor.n_cols() < 1) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected {} values, found {}", tensor.name, n, tensor.n_elements()));
  }
  if (!is_float(tensor.type)) {
    return fail(ErrorCode::kUnsupported, fmt::format("tensor {}: expected f32, f16 or bf16 values, found {}",
                                                     tensor.name, quant::info(tensor.type).name));
  }
  std::vector<float> result(static_cast<std::size_t>(n));
  quant::info(tensor.type).dequantize_row(tensor.bytes.data(), result.data(), n);
  return result;
}

const float* RwkvPlan::keep(std::vector<float> values) {
  return weights_.vectors.emplace_back(std::move(values)).data();
}

Status RwkvPlan::vector(const std::string& name, const float*& target) {
  HEARTH_TRY(const formats::TensorView* tensor, require(name));
  HEARTH_TRY(std::vector<float> found, values(*tensor, spec_.hidden_dim));
  target = keep(std::move(found));
  return {};
}

Result<std::vector<float>> RwkvPlan::spread(const formats::TensorView& tensor) const {
  if (tensor.n_elements() != spec_.n_heads) {
    return values(tensor, spec_.hidden_dim);
  }
  HEARTH_TRY(const std::vector<float> per_head, values(tensor, spec_.n_heads));
  std::vector<float> result;
  for (const float value : per_head) {
    result.insert(result.end(), static_cast<std::size_t>(spec_.head_dim), value);
  }
  return result;
}

Status RwkvPlan::norm(std::string_view pattern, int layer, Norm& target) {
  HEARTH_TRY_VOID(vector(resolve(pattern, {.layer = layer}, ".weight"), target.weight));
  return vector(resolve(pattern, {.layer = layer}, ".bias"), target.bias);
}

Status RwkvPlan::add(const MatrixSource& source, Linear& target) {
  HEARTH_TRY_VOID(packer_.plan(source, target.matrix));
  target.input = options_.exact ? ActivationKind::kF32 : kernels::activation_kind(target.matrix.kind);
  return {};
}

// Loras are a hundredth of a model and steer its recurrence: their inputs stay floats.
Status RwkvPlan::add_floats(const MatrixSource& source, Linear& target) {
  HEARTH_TRY_VOID(packer_.plan(source, target.matrix));
  target.input = ActivationKind::kF32;
  return {};
}

Status RwkvPlan::linear(const std::string& name, std::int64_t n_rows, std::int64_t n_cols, Linear& target) {
  HEARTH_TRY(const formats::TensorView* tensor, require(name));
  HEARTH_TRY_VOID(check_shape(*tensor, {n_rows, n_cols}));
  return add({.tensor = tensor, .n_rows = n_rows}, target);
}

const formats::TensorView* RwkvPlan::slice(const formats::TensorView& tensor, std::int64_t index) {
  formats::TensorView& view = slices_.emplace_back(tensor);
  view.shape.erase(view.shape.begin());
  const auto n_bytes = tensor.bytes.size() / static_cast<std::size_t>(tensor.shape.front());
  view.bytes = tensor.bytes.subspan(static_cast<std::size_t>(index) * n_bytes, n_bytes);
  return &view;
}

Status RwkvPlan::check_rank(const formats::TensorView& tensor, std::int64_t rank) {
  if (rank < 1 || rank > kMaxRank) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected a rank of 1 to {}, found {}", tensor.name, kMaxRank, rank));
  }
  weights_.max_rank = std::max(weights_.max_rank, rank);
  return {};
}

Status RwkvPlan::lora(const RwkvLoraNames& names, int layer, RwkvLora& target) {
  const std::int64_t n = spec_.hidden_dim;
  HEARTH_TRY(const formats::TensorView* down, require(resolve(names.down, {.layer = layer})));
  HEARTH_TRY(const formats::TensorView* up, require(resolve(names.up, {.layer = layer})));
  if (down->shape.size() != 2) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected two dimensions, found {}", down->name, down->shape.size()));
  }
  const std::int64_t rank = down->shape[has_raw_loras_ ? 1 : 0];
  HEARTH_TRY_VOID(check_rank(*down, rank));
  const bool turned = has_raw_loras_;
  HEARTH_TRY_VOID(check_shape(*down, turned ? std::vector{n, rank} : std::vector{rank, n}));
  HEARTH_TRY_VOID(check_shape(*up, turned ? std::vector{rank, n} : std::vector{n, rank}));
  HEARTH_TRY_VOID(add_floats({.tensor = down, .n_rows = rank, .transposed = turned}, target.down));
  HEARTH_TRY_VOID(add_floats({.tensor = up, .n_rows = n, .transposed = turned}, target.up));
  return names.bias.empty() ? Status() : vector(resolve(names.bias, {.layer = layer}), target.up.bias);
}

// The loras of all letters lie in one pair of tensors: [letters * rank, hidden_dim] and [letters, hidden_dim, rank].
Status RwkvPlan::shift_lora(int layer, RwkvLayer& target) {
  const std::int64_t n = spec_.hidden_dim;
  const std::string_view letters = rwkv_shift_letters(spec_);
  const auto n_letters = static_cast<std::int64_t>(letters.size());
  HEARTH_TRY(const formats::TensorView* down, require(resolve(names_.shift_lora.down, {.layer = layer})));
  HEARTH_TRY(const formats::TensorView* up, require(resolve(names_.shift_lora.up, {.layer = layer})));
  if (up->shape.size() != 3) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected three dimensions, found {}", up->name, up->shape.size()));
  }
  const std::int64_t rank = up->shape[has_raw_loras_ ? 1 : 2];
  HEARTH_TRY_VOID(check_rank(*up, rank));
  HEARTH_TRY_VOID(check_shape(*up, has_raw_loras_ ? std::vector{n_letters, rank, n} : std::vector{n_letters, n, rank}));
  HEARTH_TRY_VOID(
      check_shape(*down, has_raw_loras_ ? std::vector{n, n_letters * rank} : std::vector{n_letters * rank, n}));
  for (std::int64_t i = 0; i < n_letters; ++i) {
    const std::size_t projection = kRwkvLetters.find(letters[static_cast<std::size_t>(i)]);
    RwkvLora& lora = target.shift_lora[projection];
    HEARTH_TRY_VOID(
        add_floats({.tensor = down, .first_row = i * rank, .n_rows = rank, .transposed = has_raw_loras_}, lora.down));
    HEARTH_TRY_VOID(add_floats({.tensor = slice(*up, i), .n_rows = n, .transposed = has_raw_loras_}, lora.up));
    lora.up.bias = target.shift[projection];
  }
  return vector(resolve(names_.shift, {.layer = layer, .letter = 'x'}), target.shift_x);
}

Status RwkvPlan::plan_top() {
  HEARTH_TRY(const formats::TensorView* embedding, require(std::string(names_.embedding)));
  weights_.embedding = embedding;
  weights_.n_vocab = embedding->n_rows();
  if (weights_.n_vocab < 1 || weights_.n_vocab > kMaxVocab) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected 1 to {} rows, found {}", embedding->name,
                                                     kMaxVocab, weights_.n_vocab));
  }
  HEARTH_TRY_VOID(check_shape(*embedding, {weights_.n_vocab, spec_.hidden_dim}));
  HEARTH_TRY_VOID(norm(names_.embedding_norm, kNoLayer, weights_.embedding_norm));
  HEARTH_TRY_VOID(norm(names_.output_norm, kNoLayer, weights_.output_norm));
  return linear(std::string(names_.head), weights_.n_vocab, spec_.hidden_dim, weights_.head);
}

Status RwkvPlan::plan_shift(int layer, RwkvLayer& target) {
  const std::string_view letters = rwkv_shift_letters(spec_);
  const formats::TensorView* fused =
      names_.fused_shift.empty() ? nullptr : find(resolve(names_.fused_shift, {.layer = layer}));
  if (fused == nullptr) {
    for (const char letter : letters) {
      HEARTH_TRY_VOID(
          vector(resolve(names_.shift, {.layer = layer, .letter = letter}), target.shift[kRwkvLetters.find(letter)]));
    }
    return {};
  }
  const std::int64_t n = spec_.hidden_dim;
  HEARTH_TRY(std::vector<float> all, values(*fused, n * static_cast<std::int64_t>(letters.size())));
  const float* first = keep(std::move(all));
  for (std::size_t i = 0; i < letters.size(); ++i) {
    target.shift[kRwkvLetters.find(letters[i])] = first + static_cast<std::int64_t>(i) * n;
  }
  return {};
}

// The fixed decays of RWKV-4 and -5, and the weight of a row's own key.
Status RwkvPlan::plan_decay(int layer, RwkvLayer& target) {
  const RwkvPlace place{.layer = layer};
  if (spec_.time_mix == RwkvTimeMix::kV4 || spec_.time_mix == RwkvTimeMix::kV5) {
    HEARTH_TRY(const formats::TensorView* tensor, require(resolve(names_.decay, place)));
    HEARTH_TRY(std::vector<float> decay, spread(*tensor));
    for (float& value : decay) {
      const float logarithm = is_rwkv_cpp_ ? value : -std::exp(value);
      value = spec_.time_mix == RwkvTimeMix::kV4 || is_rwkv_cpp_ ? logarithm : std::exp(logarithm);
    }
    target.decay = keep(std::move(decay));
  }
  const formats::TensorView* tensor = find(resolve(names_.first, place));
  const bool is_logarithm = tensor == nullptr && !names_.exp_first.empty();
  if (tensor == nullptr) {
    HEARTH_TRY(tensor, require(resolve(is_logarithm ? names_.exp_first : names_.first, place)));
  }
  HEARTH_TRY(std::vector<float> first, spread(*tensor));
  if (is_logarithm && !is_rwkv_cpp_) {
    for (float& value : first) {
      value = std::exp(value);
    }
  }
  target.first = keep(std::move(first));
  return {};
}

// RWKV-7's loras.
Status RwkvPlan::plan_loras(int layer, RwkvLayer& target) {
  const RwkvPlace place{.layer = layer};
  HEARTH_TRY_VOID(lora(names_.decay_lora, layer, target.decay_lora));
  HEARTH_TRY_VOID(lora(names_.rate_lora, layer, target.rate_lora));
  HEARTH_TRY_VOID(lora(names_.gate_lora, layer, target.gate_lora));
  if (layer > 0) {
    HEARTH_TRY_VOID(lora(names_.value_lora, layer, target.value_lora));
  } else {
    find(resolve(names_.value_lora.down, place));
    find(resolve(names_.value_lora.up, place));
    find(resolve(names_.value_lora.bias, place));
  }
  HEARTH_TRY_VOID(vector(resolve(names_.key_removal, place), target.key_removal));
  HEARTH_TRY_VOID(vector(resolve(names_.key_rate, place), target.key_rate));
  return vector(resolve(names_.bonus, place), target.bonus);
}

Status RwkvPlan::plan_time_mix(int layer, RwkvLayer& target) {
  const RwkvPlace place{.layer = layer};
  const std::int64_t n = spec_.hidden_dim;
  HEARTH_TRY_VOID(norm(names_.time_norm, layer, target.time_norm));
  HEARTH_TRY_VOID(plan_shift(layer, target));
  HEARTH_TRY_VOID(linear(resolve(names_.receptance, place), n, n, target.receptance));
  HEARTH_TRY_VOID(linear(resolve(names_.key, place), n, n, target.key));
  HEARTH_TRY_VOID(linear(resolve(names_.value, place), n, n, target.value));
  HEARTH_TRY_VOID(linear(resolve(names_.output, place), n, n, target.output));
  if (spec_.has_gate) {
    HEARTH_TRY_VOID(linear(resolve(names_.gate, place), n, n, target.gate));
  }
  if (spec_.time_mix != RwkvTimeMix::kV4) {
    HEARTH_TRY_VOID(norm(names_.head_norm, layer, target.head_norm));
  }
  if (spec_.time_mix == RwkvTimeMix::kV7) {
    return plan_loras(layer, target);
  }
  if (spec_.time_mix == RwkvTimeMix::kV6) {
    HEARTH_TRY_VOID(shift_lora(layer, target));
    HEARTH_TRY_VOID(lora(names_.decay_lora, layer, target.decay_lora));
  }
  return plan_decay(layer, target);
}

Status RwkvPlan::plan_ffn(int layer, RwkvLayer& target) {
  const RwkvPlace place{.layer = layer};
  const std::int64_t n = spec_.hidden_dim;
  HEARTH_TRY_VOID(norm(names_.ffn_norm, layer, target.ffn_norm));
  HEARTH_TRY_VOID(vector(resolve(names_.ffn_shift, {.layer = layer, .letter = 'k'}), target.ffn_shift_key));
  HEARTH_TRY_VOID(linear(resolve(names_.ffn_key, place), spec_.ffn_dim, n, target.ffn_key));
  HEARTH_TRY_VOID(linear(resolve(names_.ffn_value, place), n, spec_.ffn_dim, target.ffn_value));
  if (!spec_.has_ffn_receptance()) {
    return {};
  }
  HEARTH_TRY_VOID(vector(resolve(names_.ffn_shift, {.layer = layer, .letter = 'r'}), target.ffn_shift_receptance));
  return linear(resolve(names_.ffn_receptance, place), n, n, target.ffn_receptance);
}

// A tensor that nobody reads means that the model computes something this version does not.
Status RwkvPlan::check_all_used() const {
  for (const formats::TensorView& tensor : weights_.checkpoint.tensors) {
    if (!used_.contains(&tensor)) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("tensor {} is not known to this version of RWKV; the model would compute something else",
                              tensor.name));
    }
  }
  return {};
}

}  // namespace

Result<RwkvWeights> load_rwkv_weights(formats::Checkpoint checkpoint, const RwkvSpec& spec,
                                      const PackOptions& options) {
  RwkvWeights weights;
  weights.checkpoint = std::move(checkpoint);
  RwkvPlan plan(spec, options, weights);
  HEARTH_TRY_VOID(plan.run());
  return weights;
}

}  // namespace hearth::model
