#include "backends/native/sampling_defaults.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace hearth::backends {
namespace {

template <typename T>
T first_of(T fallback, const std::optional<T>& a, const std::optional<T>& b, const std::optional<T>& c = {}) {
  return a ? *a : b ? *b : c.value_or(fallback);
}

std::int32_t clamp_to_int32(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, std::numeric_limits<std::int32_t>::min(),
                                                            std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

ModelSampling read_model_sampling(const formats::Metadata& metadata) {
  // A value that makes no sense is a mistake of the file, not a wish.
  const auto number = [&](std::string_view hub_key, std::string_view gguf_key, double max) {
    auto value = metadata.number(hub_key);
    if (!value) value = metadata.number(gguf_key);
    return value && *value >= 0 && *value <= max ? value : std::nullopt;
  };
  ModelSampling sampling;
  sampling.temperature = number("generation_config.temperature", "general.sampling.temp", 100);
  sampling.top_p = number("generation_config.top_p", "general.sampling.top_p", 1);
  sampling.min_p = number("generation_config.min_p", "general.sampling.min_p", 1);
  sampling.repeat_penalty = number("generation_config.repetition_penalty", "general.sampling.penalty_repeat", 100);
  sampling.top_k = metadata.integer("generation_config.top_k");
  if (!sampling.top_k) sampling.top_k = metadata.integer("general.sampling.top_k");
  return sampling;
}

void add_localai_defaults(ModelSampling& sampling) {
  if (!sampling.temperature) sampling.temperature = 0.9;
  if (!sampling.top_p) sampling.top_p = 0.95;
  if (!sampling.top_k) sampling.top_k = 40;
}

engine::SamplingParams resolve_sampling(const SamplingChoice& request, const config::Parameters& yaml,
                                        const ModelSampling& model, std::uint64_t seed) {
  engine::SamplingParams params;
  params.temperature = static_cast<float>(first_of(1.0, request.temperature, yaml.temperature, model.temperature));
  params.top_p = static_cast<float>(first_of(1.0, request.top_p, yaml.top_p, model.top_p));
  params.min_p = static_cast<float>(first_of(0.0, request.min_p, yaml.min_p, model.min_p));
  params.top_k = clamp_to_int32(first_of<std::int64_t>(0, request.top_k, yaml.top_k, model.top_k));
  // LocalAI files write 0 for "leave it alone"; as a divisor it would mean nothing.
  const double repeat = first_of(1.0, request.repeat_penalty, yaml.repeat_penalty, model.repeat_penalty);
  params.repeat_penalty = repeat > 0 ? static_cast<float>(repeat) : 1.0F;
  params.repeat_last_n = clamp_to_int32(first_of<std::int64_t>(64, request.repeat_last_n, yaml.repeat_last_n));
  params.presence_penalty = static_cast<float>(first_of(0.0, request.presence_penalty, yaml.presence_penalty));
  params.frequency_penalty = static_cast<float>(first_of(0.0, request.frequency_penalty, yaml.frequency_penalty));
  params.ignore_eos = first_of(false, request.ignore_eos, yaml.ignore_eos);
  for (const auto& [token, bias] : request.logit_bias) {
    params.logit_bias.emplace_back(token, static_cast<float>(bias));
  }
  const std::int64_t given = first_of<std::int64_t>(-1, request.seed, yaml.seed);
  params.seed = given == -1 ? seed : static_cast<std::uint64_t>(given);
  return params;
}

}  // namespace hearth::backends
