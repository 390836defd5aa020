// The transformer: one forward pass for all families, driven by ArchSpec.
//
// Workers run a step in lock step. Per layer: (norm, q/k/v, rope, store) | (attention) | (output projection) |
// (residual, norm, gate and up) | (down), with a barrier at each bar and at the end; with many rows four more, where
// prepared rows are shared out. In a parallel block feed-forward does not wait for the output projection. The residual
// is added by whoever needs its sum next. Every value is computed by one formula whatever the number of rows and
// workers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cpu/thread_pool.h"
#include "model/model.h"
#include "model/rope.h"
#include "model/weights.h"

namespace hearth::model {

struct TransformerParts {
  ArchSpec spec;
  Weights weights;
  std::vector<Rope> ropes;  // one per class
  Precision precision = Precision::kFast;
  std::int64_t context_size = 0;
  std::int32_t max_rows = 0;
};

// Errors: unavailable (no memory for scratch).
Result<std::unique_ptr<Model>> make_transformer(TransformerParts parts, cpu::ThreadPool& pool,
                                                const kernels::KernelTable& kernels);

}  // namespace hearth::model
