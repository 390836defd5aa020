// load_model: from an opened checkpoint to a model that can compute.
//
// Looks up the family, checks every tensor, packs the weights and sets up the forward pass. Called by backends for a
// model that is first asked for, by `hearth logits` and by tests.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "cpu/isa.h"
#include "cpu/thread_pool.h"
#include "formats/checkpoint.h"
#include "kernels/kernel_table.h"
#include "model/model.h"

namespace hearth::model {

inline constexpr std::int64_t kDefaultContext = 8192;
inline constexpr std::int64_t kTrainedContext = -1;

struct LoadOptions {
  Precision precision = Precision::kFast;
  // 0: min(trained, kDefaultContext); kTrainedContext: as trained; else that many, more than trained included. Learned
  // positions bound it.
  std::int64_t context_size = 0;
  std::int32_t max_rows = 512;  // per step
  bool lock_memory = false;
};

// What LoadOptions::context_size comes to for a model trained with `trained` positions.
std::int64_t resolve_context(std::int64_t requested, std::int64_t trained);

// `pool` and `kernels` must outlive the model. Loading packs on threads of its own: the pool may be stepping another
// model meanwhile. Errors: corrupt_file and unsupported name the key or tensor, expected and found; unavailable: no
// memory.
Result<std::unique_ptr<Model>> load_model(formats::Checkpoint checkpoint, const LoadOptions& options,
                                          cpu::ThreadPool& pool, const kernels::KernelTable& kernels);
// The same with the kernels of a level, for callers that know no kernels.
Result<std::unique_ptr<Model>> load_model(formats::Checkpoint checkpoint, const LoadOptions& options,
                                          cpu::ThreadPool& pool, cpu::IsaLevel isa);

}  // namespace hearth::model
