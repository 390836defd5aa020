#include "model/rwkv.h"

#include <utility>

#include "base/check.h"
#include "model/rwkv_pass.h"
#include "model/rwkv_spec.h"
#include "model/rwkv_weights.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

void read_embedding(const RwkvPass& pass, std::int32_t token, float* values) {
  const RwkvWeights& weights = pass.weights();
  HEARTH_CHECK(token >= 0 && token < weights.n_vocab, "tokens are checked where they come in");
  const std::int64_t n = pass.spec().hidden_dim;
  const quant::BlockType type = weights.embedding->type;
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(type, n));
  const std::byte* row = weights.embedding->bytes.data() + static_cast<std::size_t>(token) * row_bytes;
  quant::info(type).dequantize_row(row, values, n);
  pass.norm(weights.embedding_norm, values, values);
}

// Embeddings of the rows, and the states of sequences that begin.
void begin_step(const RwkvPass& pass) {
  const StepBatch& batch = *pass.step().batch;
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    read_embedding(pass, batch.tokens[static_cast<std::size_t>(row)], pass.rows().hidden + row * pass.stride());
  }
  const Range sequences = pass.part_of(static_cast<std::int64_t>(batch.sequences.size()));
  for (std::int64_t i = sequences.begin; i < sequences.end; ++i) {
    const StepSequence& sequence = batch.sequences[static_cast<std::size_t>(i)];
    if (sequence.first_position == 0) {
      pass.state_layout().clear(sequence.state);
    }
  }
  pass.barrier();
}

ArchSpec describe(const RwkvSpec& spec) {
  ArchSpec result;
  result.n_layers = spec.n_layers;
  result.hidden_dim = spec.hidden_dim;
  result.ffn_dim = spec.ffn_dim;
  result.n_heads = spec.n_heads;
  result.head_dim = spec.head_dim;
  result.trained_context = spec.trained_context;
  result.norm = NormKind::kLayer;
  result.norm_eps = spec.norm_eps;
  return result;
}

class Rwkv final : public Model {
 public:
  Rwkv(RwkvNetwork network, const LoadOptions& options, std::int64_t context_size)
      : network_(std::move(network)),
        state_layout_(network_.spec),
        spec_(describe(network_.spec)),
        precision_(options.precision),
        context_size_(context_size),
        max_rows_(options.max_rows) {
    step_.sequence_of_row.resize(static_cast<std::size_t>(max_rows_));
  }

  std::int32_t n_vocab() const override { return static_cast<std::int32_t>(network_.weights.n_vocab); }
  std::span<const KvGroup> kv_groups() const override { return {}; }
  std::int64_t state_floats() const override { return state_layout_.n_floats(); }
  std::int32_t max_rows() const override { return max_rows_; }
  const ArchSpec& spec() const override { return spec_; }
  Precision precision() const override { return precision_; }
  std::int64_t context_size() const override { return context_size_; }
  std::int64_t weight_bytes() const override { return static_cast<std::int64_t>(network_.weights.packed.size_bytes()); }

  void step(const StepBatch& batch, float* logits) override {
    plan(batch, logits);
    auto work = [this](int worker) {
      RwkvPass pass(network_, step_, worker);
      begin_step(pass);
      for (std::int32_t layer = 0; layer < spec_.n_layers; ++layer) {
        run_rwkv_time_mix(pass, layer);
        run_rwkv_ffn(pass, layer);
      }
      run_rwkv_output(pass);
    };
    network_.pool->run(work);
  }

 private:
  void plan(const StepBatch& batch, float* logits) {
    step_.batch = &batch;
    step_.logits = logits;
    const auto n_rows = static_cast<std::int32_t>(batch.tokens.size());
    HEARTH_CHECK(n_rows >= 1 && n_rows <= max_rows_, "a step has 1 to max_rows rows");
    std::int32_t next_row = 0;
    for (std::size_t i = 0; i < batch.sequences.size(); ++i) {
      const StepSequence& sequence = batch.sequences[i];
      HEARTH_CHECK(sequence.first_row == next_row && sequence.n_rows >= 1 && n_rows - next_row >= sequence.n_rows,
                   "the sequences of a step cover its rows in order");
      HEARTH_CHECK(sequence.state != nullptr, "a sequence of a recurrent model has a state");
      std::fill_n(step_.sequence_of_row.begin() + next_row, sequence.n_rows, static_cast<std::int32_t>(i));
      next_row += sequence.n_rows;
    }
    HEARTH_CHECK(next_row == n_rows, "the sequences of a step cover all its rows");
  }

  RwkvNetwork network_;
  RwkvStateLayout state_layout_;
  RwkvStep step_;
  ArchSpec spec_;
  Precision precision_;
  std::int64_t context_size_;
  std::int32_t max_rows_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_rwkv(formats::Checkpoint checkpoint, const LoadOptions& options,
                                         cpu::ThreadPool& pool, const kernels::KernelTable& kernels) {
  RwkvNetwork network;
  network.pool = &pool;
  network.kernels = &kernels;
  HEARTH_TRY(network.spec, read_rwkv_spec(checkpoint));
  const PackOptions pack_options{.kernels = &kernels,
                                 .exact = options.precision == Precision::kExact,
                                 .lock_memory = options.lock_memory,
                                 .n_threads = pool.n_threads()};
  HEARTH_TRY(network.weights, load_rwkv_weights(std::move(checkpoint), network.spec, pack_options));
  HEARTH_TRY(network.space,
             make_rwkv_workspace(network.spec, network.weights.max_rank, kernels, options.max_rows, pool.n_threads()));
  const std::int64_t context_size = resolve_context(options.context_size, network.spec.trained_context);
  return std::make_unique<Rwkv>(std::move(network), options, context_size);
}

}  // namespace hearth::model
