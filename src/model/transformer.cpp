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

void read_embedding(const Pass& pass, std::int32_t token, float* values) {
  const Weights& weights = pass.weights();
  const std::int64_t n = pass.spec().hidden_dim;
  HEARTH_CHECK(token >= 0 && token < weights.n_vocab, "tokens are checked where they come in");
  if (weights.embedding == nullptr) {
    pass.kernels().unpack_row(weights.output.matrix, token, values);
  } else {
    const quant::BlockType type = weights.embedding->type;
    const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(type, n));
    const std::byte* row = weights.embedding->bytes.data() + static_cast<std::size_t>(token) * row_bytes;
    quant::info(type).dequantize_row(row, values, n);
  }
  if (pass.spec().embedding_scale != 1.0F) {
    pass.kernels().scale(values, pass.spec().embedding_scale, n, values);
  }
}

// Embeddings of the rows, and this worker's part of the rope angles. No barrier: rows are read by who wrote them, and
// the angles after the first one.
void begin_step(Pass& pass) {
  const std::int64_t stride = row_stride(pass.spec().hidden_dim);
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    read_embedding(pass, pass.plan().batch().tokens[static_cast<std::size_t>(row)], pass.rows().hidden + row * stride);
  }
  const Workspace& space = pass.space();
  const std::vector<RopeAngles>& classes = pass.network().parts.rope;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto n_pairs = static_cast<std::int64_t>(classes[i].frequencies.size());
    const Range angles = share(pass.n_rows() * n_pairs, pass.worker(), pass.n_workers());
    for (std::int64_t angle = angles.begin; angle < angles.end; ++angle) {
      const std::int64_t row = angle / n_pairs;
      const std::int64_t pair = angle % n_pairs;
      const std::int64_t at = (static_cast<std::int64_t>(i) * space.max_rows + row) * space.rope_stride + pair;
      rope_angle(classes[i], pair, pass.plan().place(static_cast<std::int32_t>(row)).position, space.rope_cos + at,
                 space.rope_sin + at);
    }
  }
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
        weight_bytes_(weight_bytes) {}

  std::int32_t n_vocab() const override { return static_cast<std::int32_t>(network_.parts.weights.n_vocab); }
  std::span<const KvGroup> kv_groups() const override { return network_.kv_groups; }
  std::int32_t max_rows() const override { return network_.parts.max_rows; }
  const ArchSpec& spec() const override { return network_.parts.spec; }
  Precision precision() const override { return network_.parts.precision; }
  std::int64_t context_size() const override { return network_.parts.context_size; }
  std::int64_t weight_bytes() const override { return weight_bytes_; }

  void step(const StepBatch& batch, float* logits) override {
    for (const KvView& kv : batch.kv) {
      HEARTH_CHECK(precision() == Precision::kFast || kv.type == KvType::kF32, "exact precision needs an f32 KV cache");
    }
    plan_.make(batch, logits);
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
  HEARTH_TRY(network.space, make_workspace(parts.spec, kernels, parts.max_rows, pool.n_threads()));
  network.parts = std::move(parts);
  group_layers(network);
  const auto weight_bytes = static_cast<std::int64_t>(network.parts.weights.packed.size_bytes());
  return std::make_unique<Transformer>(std::move(network), weight_bytes);
}

}  // namespace hearth::model
