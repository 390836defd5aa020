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
  std::int64_t query;
  std::int64_t key;
  std::int64_t ffn;
  std::int64_t widest;  // input of any matrix
  std::int64_t n_used;
  std::int64_t n_experts;
  std::int64_t attention_bytes;
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

void lay_out_inputs(Arena& arena, const Extents& extents, const kernels::KernelTable& kernels, std::int64_t n_rows,
                    std::int64_t n_cols, InputRows& inputs) {
  arena.take(inputs.values, n_rows * extents.hidden);
  for (std::size_t i = 0; i < kQuantizedKinds.size(); ++i) {
    arena.take(inputs.quantized[i], n_rows * kernels.activation_row_bytes(kQuantizedKinds[i], whole_blocks(n_cols)));
  }
}

void lay_out_rows(Arena& arena, const Extents& extents, const kernels::KernelTable& kernels, std::int64_t n_rows,
                  RowBuffers& rows) {
  const std::int64_t n_slots = n_rows * std::max<std::int64_t>(1, extents.n_used);
  arena.take(rows.hidden, n_rows * extents.hidden);
  lay_out_inputs(arena, extents, kernels, n_slots, extents.widest, rows.inputs);
  if (extents.n_used > 0) {
    lay_out_inputs(arena, extents, kernels, n_slots, extents.hidden, rows.gathered);
  }
}

void lay_out_worker(Arena& arena, const Extents& extents, const kernels::KernelTable& kernels, std::int64_t max_rows,
                    WorkerScratch& worker) {
  lay_out_rows(arena, extents, kernels, kRedundantRows, worker.rows);
  arena.take(worker.row, 2 * extents.hidden);
  if (extents.n_used > 0) {
    arena.take(worker.router_logits, row_stride(extents.n_experts));
    arena.take(worker.routing.experts, kRedundantRows * extents.n_used);
    arena.take(worker.routing.weights, kRedundantRows * extents.n_used);
    arena.take(worker.routing.slots, max_rows * extents.n_used);
    arena.take(worker.routing.slot_rows, max_rows * extents.n_used);
    arena.take(worker.routing.first_slots, extents.n_experts + 1);
  }
  arena.take(worker.attention, extents.attention_bytes);
}

std::size_t lay_out(Workspace& space, const Extents& extents, const kernels::KernelTable& kernels,
                    std::int64_t n_rope_classes) {
  Arena arena(space.memory.data());
  const std::int64_t max_rows = space.max_rows;
  const std::int64_t n_slots = max_rows * std::max<std::int64_t>(1, extents.n_used);
  lay_out_rows(arena, extents, kernels, max_rows, space.rows);
  arena.take(space.query, max_rows * extents.query);
  arena.take(space.key, max_rows * extents.key);
  arena.take(space.value, max_rows * extents.key);
  arena.take(space.attention, max_rows * extents.query);
  arena.take(space.gated, n_slots * extents.ffn);
  arena.take(space.up, n_slots * extents.ffn);
  arena.take(space.output, n_slots * extents.hidden);
  arena.take(space.rope_cos, n_rope_classes * max_rows * space.rope_stride);
  arena.take(space.rope_sin, n_rope_classes * max_rows * space.rope_stride);
  arena.take(space.experts, max_rows * extents.n_used);
  arena.take(space.expert_weights, max_rows * extents.n_used);
  for (WorkerScratch& worker : space.workers) {
    lay_out_worker(arena, extents, kernels, max_rows, worker);
  }
  return arena.used();
}

}  // namespace

Result<Workspace> make_workspace(const ArchSpec& spec, const kernels::KernelTable& kernels, std::int32_t max_rows,
                                 int n_workers) {
  Workspace space;
  space.max_rows = max_rows;
  space.workers.resize(static_cast<std::size_t>(n_workers));
  std::int32_t n_rotated = 0;
  for (const RopeSpec& rope : spec.ropes) {
    n_rotated = std::max(n_rotated, rope.n_rotated);
  }
  space.rope_stride = row_stride(n_rotated / 2);
  const std::int64_t query_cols = std::int64_t{spec.n_heads} * spec.head_dim;
  const Extents extents{
      .hidden = row_stride(spec.hidden_dim),
      .query = row_stride(query_cols),
      .key = row_stride(std::int64_t{spec.n_kv_heads} * spec.head_dim),
      .ffn = row_stride(spec.ffn_dim),
      .widest = std::max({std::int64_t{spec.hidden_dim}, std::int64_t{spec.ffn_dim}, query_cols}),
      .n_used = spec.experts.n_used,
      .n_experts = spec.experts.n_experts,
      .attention_bytes = attention_bytes(spec, kernels),
  };
  const auto n_rope_classes = static_cast<std::int64_t>(spec.ropes.size());
  const std::size_t n_bytes = lay_out(space, extents, kernels, n_rope_classes);
  HEARTH_TRY(space.memory, cpu::MemoryRegion::reserve(n_bytes, /*huge_pages=*/true));
  lay_out(space, extents, kernels, n_rope_classes);
  return space;
}

}  // namespace hearth::model
