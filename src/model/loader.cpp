#include "model/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "model/families.h"
#include "model/rope.h"
#include "model/rwkv.h"
#include "model/rwkv_spec.h"
#include "model/transformer.h"
#include "model/weights.h"

namespace hearth::model {
namespace {

// Rope divisors belong to the first class, the global layers. Which of two sets is used depends on the context that the
// model was loaded with, not on the text, so that a row's keys never change.
std::vector<RopeAngles> all_rope_angles(const ArchSpec& spec, const Weights& weights, std::int64_t context_size) {
  std::vector<RopeAngles> angles;
  for (const RopeSpec& rope : spec.ropes) {
    std::span<const float> divisors;
    if (angles.empty()) {
      const bool is_long = context_size > rope.original_context;
      const std::span<const float> chosen = is_long ? weights.rope_divisors_long : weights.rope_divisors_short;
      divisors = chosen.empty() ? weights.rope_divisors : chosen;
    }
    angles.push_back(rope_angles(rope, divisors));
  }
  return angles;
}

}  // namespace

std::int64_t resolve_context(std::int64_t requested, std::int64_t trained) {
  if (requested == kTrainedContext) {
    return trained;
  }
  return requested > 0 ? requested : std::min(trained, kDefaultContext);
}

Result<std::unique_ptr<Model>> load_model(formats::Checkpoint checkpoint, const LoadOptions& options,
                                          cpu::ThreadPool& pool, const kernels::KernelTable& kernels) {
  if (is_rwkv(checkpoint)) {
    return load_rwkv(std::move(checkpoint), options, pool, kernels);
  }
  HEARTH_TRY(ModelPlan plan, plan_model(checkpoint));
  const PackOptions pack_options{.kernels = &kernels,
                                 .exact = options.precision == Precision::kExact,
                                 .lock_memory = options.lock_memory,
                                 .n_threads = pool.n_threads()};
  HEARTH_TRY(Weights weights, load_weights(std::move(checkpoint), plan.spec, plan.tensors, pack_options));

  TransformerParts parts;
  parts.context_size = resolve_context(options.context_size, plan.spec.trained_context);
  parts.precision = options.precision;
  parts.max_rows = options.max_rows;
  parts.rope = all_rope_angles(plan.spec, weights, parts.context_size);
  parts.spec = std::move(plan.spec);
  parts.weights = std::move(weights);
  return make_transformer(std::move(parts), pool, kernels);
}

Result<std::unique_ptr<Model>> load_model(formats::Checkpoint checkpoint, const LoadOptions& options,
                                          cpu::ThreadPool& pool, cpu::IsaLevel isa) {
  return load_model(std::move(checkpoint), options, pool, kernels::kernel_table(isa));
}

}  // namespace hearth::model
