// Workspace: the scratch memory of forward passes, allocated once at load; a step allocates nothing.
//
// Few rows (below kRedundantRows) are prepared by every worker in buffers of its own, so that no barrier is needed
// between a norm and the GEMM behind it; many rows are shared out, in the shared buffers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "cpu/memory_region.h"
#include "kernels/kernel_table.h"
#include "model/arch_spec.h"

namespace hearth::model {

// From this many rows on the time of preparing them is worth a barrier.
inline constexpr std::int32_t kRedundantRows = 16;
// Query rows per attention task.
inline constexpr std::int32_t kAttentionTileRows = 32;
inline constexpr std::array<kernels::ActivationKind, 2> kQuantizedKinds = {kernels::ActivationKind::kI8Block32,
                                                                           kernels::ActivationKind::kI8Block256};

// Query, key and value may each read their inputs in an order of their own.
inline constexpr std::int32_t kMaxInputOrders = 3;

// Distance of rows in floats: rows begin at multiples of 64 bytes.
inline std::int64_t row_stride(std::int64_t n_cols) {
  return (n_cols + 15) / 16 * 16;
}

// Inputs of a GEMM: the same rows as floats and in the quantised forms that the matrices want.
struct InputRows {
  float* values = nullptr;  // [n, row_stride(n_cols)]; null where rows are read from elsewhere
  std::array<unsigned char*, kQuantizedKinds.size()> quantized = {};  // in the order of kQuantizedKinds
  // Rows whose columns were put in another order, as matrices with that Linear::order_slot read them.
  std::array<unsigned char*, kMaxInputOrders> ordered = {};
};

// What a worker computes rows in: its own memory or the shared one.
struct RowBuffers {
  float* hidden = nullptr;          // residual stream [n_rows, row_stride(hidden_dim)]
  InputRows inputs;                 // what the next GEMM reads
  InputRows gathered;               // inputs in the order of experts; only with experts
  InputRows shared;                 // what the shared expert's down reads, quantised; only with one
  float* shared_weights = nullptr;  // [n_rows] of the shared expert's output
};

// The experts chosen for the rows of a step. A slot is one (row, expert); slots are sorted by expert, then by row.
struct Routing {
  std::int32_t* experts = nullptr;      // [n_rows, n_used], best first
  float* weights = nullptr;             // [n_rows, n_used]
  std::int32_t* slots = nullptr;        // [n_rows, n_used]
  std::int32_t* slot_rows = nullptr;    // [n_slots]
  std::int32_t* first_slots = nullptr;  // [n_experts + 1]
};

struct WorkerScratch {
  RowBuffers rows;                     // of kRedundantRows rows
  float* row = nullptr;                // [2, the wider row_stride of hidden_dim and token_dim]
  float* ordered = nullptr;            // one row in another order; only with InputOrders
  float* router_logits = nullptr;      // [n_experts]
  Routing routing;                     // experts and weights are used for few rows only, the rest always
  unsigned char* attention = nullptr;  // kernel scratch
};

struct Workspace {
  RowBuffers rows;
  float* query = nullptr;             // [max_rows, row_stride(n_heads * head_dim)]
  float* key = nullptr;               // [max_rows, row_stride(n_kv_heads * head_dim)]
  float* value = nullptr;             // as key
  float* attention = nullptr;         // as query
  float* gated = nullptr;             // [n_slots, row_stride(ffn_dim)]
  float* up = nullptr;                // as gated
  float* output = nullptr;            // of a sub-layer [n_slots, row_stride(hidden_dim)]
  float* attention_output = nullptr;  // [max_rows, row_stride(hidden_dim)]; only in parallel blocks, else in output
  float* shared_gated = nullptr;      // [max_rows, row_stride(shared_ffn_dim)]; only with a shared expert
  float* shared_up = nullptr;         // as shared_gated
  float* shared_output = nullptr;     // [max_rows, row_stride(hidden_dim)]; only with a shared expert
  float* rope_cos = nullptr;          // [n_rope_classes, max_rows, rope_stride]
  float* rope_sin = nullptr;          // as rope_cos
  std::int32_t* experts = nullptr;
  float* expert_weights = nullptr;  // routing of many rows
  std::vector<WorkerScratch> workers;

  std::int32_t max_rows = 0;
  std::int64_t rope_stride = 0;
  cpu::MemoryRegion memory;
};

// What matrices that read their inputs in another order need.
struct InputOrders {
  std::int32_t n_slots = 0;    // Weights::n_order_slots
  bool are_quantized = false;  // to blocks of 32, else floats
};

// Errors: unavailable (no memory).
Result<Workspace> make_workspace(const ArchSpec& spec, const kernels::KernelTable& kernels, std::int32_t max_rows,
                                 int n_workers, const InputOrders& orders);

}  // namespace hearth::model
