#include "model/workspace.h"

#include <algorithm>

#include "kernels/attention.h"

namespace hearth::model {
namespace {

constexpr std::size_t kAlignment = 64;

// Hands out parts of one region; the first pass, without memory, counts.
class Arena {
 public:
  explicit Arena(std::byte* base) : base_(base) {}

  template <typename T>
  void take(T*& pointer, std::int64_t count) {
    pointer = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    const std::size_t n_bytes = static_cast<std::size_t>(count) * sizeof(T);
    used_ += (n_bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

struct Extents {
  std::int64_t hidden;
  std::int64_t row;  // the wider of hidden and token rows
  std::int64_t query;
  std::int64_t key;
  std::int64_t ffn;        // of one slot
  std::int64_t dense_ffn;  // of one row
  std::int64_t shared_ffn;
  std::int64_t widest;  // input of any matrix of slots or rows
  std::int64_t n_used;
  std::int64_t n_experts;
  std::int64_t attention_bytes;
  bool is_parallel;
  InputOrders orders;
};

// The widest activation block is 256: a row of any kind takes no more than one rounded up to it.
std::int64_t whole_blocks(std::int64_t n_cols) {
  return (n_cols + 255) / 256 * 256;
}

std::int64_t attention_bytes(const ArchSpec& spec, const kernels::KernelTable& kernels) {
  kernels::KvView kv;
  kv.type = kernels::KvType::kF32;
  kv.head_dim = spec.head_dim;
  kv.n_kv_heads = spec.n_kv_heads;
  kernels::AttentionTask task;
  task.kv = &kv;
  task.n_rows = kAttentionTileRows;
  task.n_heads = spec.n_heads / spec.n_kv_heads;
  std::int64_t most = 0;
  for (const kernels::KvType type : {kernels::KvType::kF32, kernels::KvType::kF16, kernels::KvType::kQ8_0}) {
    kv.type = type;
    most = std::max(most, kernels.attention_scratch_bytes(task));
  }
  return most;
}

// Lays the buffers out in the arena, the same way each time it runs.
class Layout {
 public:
  Layout(Workspace& space, const Extents& extents, const kernels::KernelTable& kernels)
      : space_(space), extents_(extents), kernels_(kernels), arena_(space.memory.data()) {}

  // The bytes that were laid out.
  std::size_t run(std::int64_t n_rope_classes);

 private:
  void lay_out_inputs(std::int64_t n_rows, std::int64_t n_cols, InputRows& inputs);
  void lay_out_quantized(std::int64_t n_rows, std::int64_t n_cols, InputRows& inputs);
  void lay_out_rows(std::int64_t n_rows, RowBuffers& rows);
  void lay_out_worker(WorkerScratch& worker);

  Workspace& space_;
  const Extents& extents_;
  const kernels::KernelTable& kernels_;
  Arena arena_;
};

void Layout::lay_out_inputs(std::int64_t n_rows, std::int64_t n_cols, InputRows& inputs) {
  arena_.take(inputs.values, n_rows * extents_.row);
  lay_out_quantized(n_rows, n_cols, inputs);
}

void Layout::lay_out_quantized(std::int64_t n_rows, std::int64_t n_cols, InputRows& inputs) {
  for (std::size_t i = 0; i < kQuantizedKinds.size(); ++i) {
    arena_.take(inputs.quantized[i], n_rows * kernels_.activation_row_bytes(kQuantizedKinds[i], whole_blocks(n_cols)));
  }
  const std::int64_t ordered_bytes =
      extents_.orders.are_quantized
          ? kernels_.activation_row_bytes(kernels::ActivationKind::kI8Block32, whole_blocks(n_cols))
          : row_stride(n_cols) * static_cast<std::int64_t>(sizeof(float));
  for (std::int32_t slot = 0; slot < extents_.orders.n_slots; ++slot) {
    arena_.take(inputs.ordered[static_cast<std::size_t>(slot)], n_rows * ordered_bytes);
  }
}

void Layout::lay_out_rows(std::int64_t n_rows, RowBuffers& rows) {
  const std::int64_t n_slots = n_rows * std::max<std::int64_t>(1, extents_.n_used);
  arena_.take(rows.hidden, n_rows * extents_.hidden);
  lay_out_inputs(n_slots, extents_.widest, rows.inputs);
  if (extents_.n_used > 0) {
    lay_out_inputs(n_slots, extents_.hidden, rows.gathered);
  }
  if (extents_.shared_ffn > 0) {
    lay_out_quantized(n_rows, extents_.shared_ffn, rows.shared);
    arena_.take(rows.shared_weights, n_rows);
  }
}

void Layout::lay_out_worker(WorkerScratch& worker) {
  lay_out_rows(kRedundantRows, worker.rows);
  arena_.take(worker.row, 2 * extents_.row);
  if (extents_.orders.n_slots > 0) {
    arena_.take(worker.ordered, row_stride(std::max(extents_.widest, extents_.shared_ffn)));
  }
  if (extents_.n_used > 0) {
    const std::int64_t n_slots = space_.max_rows * extents_.n_used;
    arena_.take(worker.router_logits, row_stride(extents_.n_experts));
    arena_.take(worker.routing.experts, kRedundantRows * extents_.n_used);
    arena_.take(worker.routing.weights, kRedundantRows * extents_.n_used);
    arena_.take(worker.routing.slots, n_slots);
    arena_.take(worker.routing.slot_rows, n_slots);
    arena_.take(worker.routing.first_slots, extents_.n_experts + 1);
  }
  arena_.take(worker.attention, extents_.attention_bytes);
}

std::size_t Layout::run(std::int64_t n_rope_classes) {
  const std::int64_t max_rows = space_.max_rows;
  const std::int64_t n_slots = max_rows * std::max<std::int64_t>(1, extents_.n_used);
  lay_out_rows(max_rows, space_.rows);
  arena_.take(space_.query, max_rows * extents_.query);
  arena_.take(space_.key, max_rows * extents_.key);
  arena_.take(space_.value, max_rows * extents_.key);
  arena_.take(space_.attention, max_rows * extents_.query);
  const std::int64_t n_ffn = std::max(n_slots * extents_.ffn, max_rows * extents_.dense_ffn);
  arena_.take(space_.gated, n_ffn);
  arena_.take(space_.up, n_ffn);
  arena_.take(space_.output, n_slots * extents_.hidden);
  if (extents_.is_parallel) {
    arena_.take(space_.attention_output, max_rows * extents_.hidden);
  }
  if (extents_.shared_ffn > 0) {
    arena_.take(space_.shared_gated, max_rows * extents_.shared_ffn);
    arena_.take(space_.shared_up, max_rows * extents_.shared_ffn);
    arena_.take(space_.shared_output, max_rows * extents_.hidden);
  }
  arena_.take(space_.rope_cos, n_rope_classes * max_rows * space_.rope_stride);
  arena_.take(space_.rope_sin, n_rope_classes * max_rows * space_.rope_stride);
  arena_.take(space_.experts, max_rows * extents_.n_used);
  arena_.take(space_.expert_weights, max_rows * extents_.n_used);
  for (WorkerScratch& worker : space_.workers) {
    lay_out_worker(worker);
  }
  return arena_.used();
}

}  // namespace

Result<Workspace> make_workspace(const ArchSpec& spec, const kernels::KernelTable& kernels, std::int32_t max_rows,
                                 int n_workers, const InputOrders& orders) {
  Workspace space;
  space.max_rows = max_rows;
  space.workers.resize(static_cast<std::size_t>(n_workers));
  std::int32_t n_rotated = 0;
  for (const RopeSpec& rope : spec.ropes) {
    n_rotated = std::max(n_rotated, rope.n_rotated);
  }
  space.rope_stride = row_stride(n_rotated / 2);
  std::int32_t dense_ffn_dim = 0;
  for (const LayerSpec& layer : spec.layers) {
    dense_ffn_dim = std::max(dense_ffn_dim, layer.dense_ffn_dim);
  }
  const std::int64_t query_cols = std::int64_t{spec.n_heads} * spec.head_dim;
  const Extents extents{
      .hidden = row_stride(spec.hidden_dim),
      .row = row_stride(std::max(spec.hidden_dim, spec.token_dim())),
      .query = row_stride(query_cols),
      .key = row_stride(std::int64_t{spec.n_kv_heads} * spec.head_dim),
      .ffn = row_stride(spec.ffn_dim),
      .dense_ffn = row_stride(dense_ffn_dim),
      .shared_ffn = row_stride(spec.experts.shared_ffn_dim),
      .widest = std::max({std::int64_t{spec.hidden_dim}, std::int64_t{spec.token_dim()}, std::int64_t{spec.ffn_dim},
                          std::int64_t{dense_ffn_dim}, query_cols}),
      .n_used = spec.experts.n_used,
      .n_experts = spec.experts.n_experts,
      .attention_bytes = attention_bytes(spec, kernels),
      .is_parallel = spec.parallel_block,
      .orders = orders,
  };
  const auto n_rope_classes = static_cast<std::int64_t>(spec.ropes.size());
  const std::size_t n_bytes = Layout(space, extents, kernels).run(n_rope_classes);
  HEARTH_TRY(space.memory, cpu::MemoryRegion::reserve(n_bytes, /*huge_pages=*/true));
  Layout(space, extents, kernels).run(n_rope_classes);
  return space;
}

}  // namespace hearth::model
