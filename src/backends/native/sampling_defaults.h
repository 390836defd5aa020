// Where a sampling value comes from: request, YAML, what the model's files say, the server's flag, OpenAI's default.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backends/request.h"
#include "config/model_config.h"
#include "engine/sampling_params.h"
#include "formats/checkpoint.h"

namespace hearth::backends {

// What generation_config.json or GGUF's general.sampling.* keys recommend.
struct ModelSampling {
  std::optional<double> temperature, top_p, min_p, repeat_penalty;
  std::optional<std::int64_t> top_k;
};
ModelSampling read_model_sampling(const formats::Metadata& metadata);

// For a YAML that names one of LocalAI's backends: LocalAI's defaults where the model recommends nothing.
void add_localai_defaults(ModelSampling& sampling);

// `seed` is used when neither the request nor the YAML gives one (or gives -1, LocalAI's word for random).
engine::SamplingParams resolve_sampling(const SamplingChoice& request, const config::Parameters& yaml,
                                        const ModelSampling& model, std::uint64_t seed);

}  // namespace hearth::backends
