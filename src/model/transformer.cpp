#include "model/transformer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "model/pass.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

// Layers with the same window share a group; groups are in the order of their first layer.
void group_layers(Network& network) {
  const ArchSpec& spec = network.parts.spec;
  for (const LayerSpec& layer : spec.layers) {
    auto group = std::ranges::find(network.kv_groups, layer.window, &KvGroup::window);
    if (group == network.kv_groups.end()) {
      network.kv_groups.push_back(
          {.window = layer.window, .n_layers = 0, .n_kv_heads = spec.n_kv_heads, .head_dim = spec.head_dim});
      group = network.kv_groups.end() - 1;
    }
    network.kv_places.push_back({static_cast<std::int32_t>(group - network.kv_groups.begin()), group->n_layers++});
  }
}

void read_row(const formats::TensorView& tensor, std::int64_t row, float* values) {
  const std::int64_t n = tensor.n_cols();
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(tensor.type, n));
  quant::info(tensor.type).dequantize_row(tensor.bytes.data() + static_cast<std::size_t>(row) * row_bytes, values, n);
}

// The embedding of a token, at a position where the model has learned ones.
void read_embedding(const Pass& pass, std::int32_t token, std::int64_t position, float* hidden) {
  const Weights& weights = pass.weights();
  const ArchSpec& spec = pass.spec();
  HEARTH_CHECK(token >= 0 && token < weights.n_vocab, "tokens are checked where they come in");
  const bool is_projected = spec.token_dim() != spec.hidden_dim;
  float* values = is_projected ? pass.scratch().row : hidden;
  if (weights.embedding == nullptr) {
    pass.kernels().unpack_row(weights.output.matrix, token, values);
  } else {
    read_row(*weights.embedding, token, values);
  }
  if (spec.embedding_scale != 1.0F) {
    pass.kernels().scale(values, spec.embedding_scale, spec.token_dim(), values);
  }
  if (is_projected) {
    pass.multiply_row(weights.project_in, values, hidden);
  }
  if (weights.positions != nullptr) {
    const std::int64_t row = position + spec.position_offset;
    HEARTH_CHECK(row < weights.positions->n_rows(), "the context ends where the learned positions do");
    read_row(*weights.positions, row, pass.scratch().row);
    pass.kernels().add(hidden, pass.scratch().row, spec.hidden_dim, hidden);
  }
  if (weights.embedding_norm.exists) {
    pass.norm(weights.embedding_norm, hidden, hidden);
  }
}

// cos and sin of this worker's part of the rows.
void compute_rope_angles(Pass& pass, std::size_t rope_class) {
  const Workspace& space = pass.space();
  const Rope& rope = pass.network().parts.ropes[rope_class];
  const std::int64_t n_pairs = rope.spec().n_rotated / 2;
  const Range angles = share(pass.n_rows() * n_pairs, pass.worker(), pass.n_workers());
  for (std::int64_t angle = angles.begin; angle < angles.end; ++angle) {
    const std::int64_t row = angle / n_pairs;
    const std::int64_t pair = angle % n_pairs;
    const std::int64_t at = (static_cast<std::int64_t>(rope_class) * space.max_rows + row) * space.rope_stride + pair;
    const RowPlace& place = pass.plan().place(static_cast<std::int32_t>(row));
    const RopeAngles& frequencies =
        rope.follows_length() ? pass.network().length_ropes.angles(place.rope_slot, rope_class) : rope.angles();
    rope_angle(frequencies, pair, place.position, space.rope_cos + at, space.rope_sin + at);
  }
}

// Embeddings of the rows, and this worker's part of the rope angles. No barrier: rows are read by who wrote them, and
// the angles after the first one.
void begin_step(Pass& pass) {
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    read_embedding(pass, pass.plan().batch().tokens[static_cast<std::size_t>(row)],
                   pass.plan().place(static_cast<std::int32_t>(row)).position, pass.residual(row));
  }
  for (std::size_t i = 0; i < pass.network().parts.ropes.size(); ++i) {
    compute_rope_angles(pass, i);
  }
  pass.network().length_ropes.fill(pass.worker(), pass.n_workers());
  pass.barrier();
}

class Transformer final : public Model {
 public:
  Transformer(Network network, std::int64_t weight_bytes)
      : network_(std::move(network)),
        plan_({.max_rows = network_.parts.max_rows,
               .n_layers = network_.parts.spec.n_layers,
               .n_heads = network_.parts.spec.n_heads,
               .n_kv_heads = network_.parts.spec.n_kv_heads,
               .n_workers = network_.pool->n_threads()}),
        weight_bytes_(weight_bytes) {
    network_.length_ropes = LengthRopes(network_.parts.ropes);
  }

  std::int32_t n_vocab() const override { return static_cast<std::int32_t>(network_.parts.weights.n_vocab); }
  std::span<const KvGroup> kv_groups() const override { return network_.kv_groups; }
  std::int32_t max_rows() const override { return network_.parts.max_rows; }
  const ArchSpec& spec() const override { return network_.parts.spec; }
  Precision precision() const override { return network_.parts.precision; }
  std::int64_t context_size() const override { return network_.parts.context_size; }
  std::int64_t weight_bytes() const override { return weight_bytes_; }
  std::int64_t max_shared_positions() const override {
    const LengthRopes& ropes = network_.length_ropes;
    return ropes.empty() ? Model::max_shared_positions() : ropes.original_context();
  }

  void step(const StepBatch& batch, float* logits) override {
    for (const KvView& kv : batch.kv) {
      HEARTH_CHECK(precision() == Precision::kFast || kv.type == KvType::kF32, "exact precision needs an f32 KV cache");
    }
    plan_.make(batch, logits, network_.length_ropes.empty() ? nullptr : &network_.length_ropes);
    auto work = [this](int worker) {
      Pass pass(network_, plan_, worker);
      begin_step(pass);
      for (std::int32_t layer = 0; layer < spec().n_layers; ++layer) {
        run_attention(pass, layer);
        run_ffn(pass, layer);
      }
      run_output(pass);
    };
    network_.pool->run(work);
  }

 private:
  Network network_;
  StepPlan plan_;
  std::int64_t weight_bytes_;
};

}  // namespace

Result<std::unique_ptr<Model>> make_transformer(TransformerParts parts, cpu::ThreadPool& pool,
                                                const kernels::KernelTable& kernels) {
  Network network;
  network.pool = &pool;
  network.kernels = &kernels;
  const InputOrders orders{.n_slots = parts.weights.n_order_slots,
                           .are_quantized = parts.precision == Precision::kFast};
  HEARTH_TRY(network.space, make_workspace(parts.spec, kernels, parts.max_rows, pool.n_threads(), orders));
  network.parts = std::move(parts);
  network.alibi_slopes = alibi_slopes(network.parts.spec);
  group_layers(network);
  const auto weight_bytes = static_cast<std::int64_t>(network.parts.weights.packed.size_bytes());
  return std::make_unique<Transformer>(std::move(network), weight_bytes);
}

}  // namespace hearth::model
