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

// Rope divisors that tensors hold belong to the first class, the global layers.
std::vector<Rope> all_ropes(const ArchSpec& spec, const Weights& weights, std::int64_t context_size) {
  const auto copy = [](std::span<const float> values) { return std::vector<float>(values.begin(), values.end()); };
  std::vector<Rope> ropes;
  for (const RopeSpec& rope : spec.ropes) {
    RopeDivisors divisors{.long_set = rope.long_divisors, .short_set = rope.short_divisors};
    if (ropes.empty() && divisors.long_set.empty()) {
      divisors = {copy(weights.rope_divisors), copy(weights.rope_divisors_long), copy(weights.rope_divisors_short)};
    }
    ropes.emplace_back(rope, std::move(divisors), context_size);
  }
  return ropes;
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
  if (weights.positions != nullptr) {
    parts.context_size = std::min(parts.context_size, weights.positions->n_rows() - plan.spec.position_offset);
  }
  parts.precision = options.precision;
  parts.max_rows = options.max_rows;
  parts.ropes = all_ropes(plan.spec, weights, parts.context_size);
  parts.spec = std::move(plan.spec);
  parts.weights = std::move(weights);
  return make_transformer(std::move(parts), pool, kernels);
}

Result<std::unique_ptr<Model>> load_model(formats::Checkpoint checkpoint, const LoadOptions& options,
                                          cpu::ThreadPool& pool, cpu::IsaLevel isa) {
  return load_model(std::move(checkpoint), options, pool, kernels::kernel_table(isa));
}

}  // namespace hearth::model
