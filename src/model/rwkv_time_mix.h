// The parts of RWKV's time mixing that differ from version to version, one file each. rwkv_time_mix.cpp calls them.
#pragma once

#include <cstdint>

#include "model/rwkv_pass.h"

namespace hearth::model {

// From the mixed inputs of all projections to this worker's heads of rows().mixed; every worker has all it reads when
// these begin, and they end without a barrier.
void run_rwkv_v4_heads(RwkvPass& pass, std::int32_t layer);
void run_rwkv_v5_heads(RwkvPass& pass, std::int32_t layer);
void run_rwkv_v6_heads(RwkvPass& pass, std::int32_t layer);
void run_rwkv_v7_heads(RwkvPass& pass, std::int32_t layer);

// RWKV-6's token shift, whose weights depend on the token: leaves the mixed inputs as rows are prepared.
void run_rwkv_v6_shift(RwkvPass& pass, std::int32_t layer);

// Receptance, key, value and, where there is one, gate, of this worker's panels.
void project_rwkv(RwkvPass& pass, const RwkvLayer& weights);

// The heads of RWKV-5 and -6: `decays` are per row (stride()) or, with a stride of 0, the same for all.
void run_rwkv_matrix_heads(RwkvPass& pass, std::int32_t layer, const float* decays, std::int64_t decay_stride);

// Row `row` of the inputs of projection `index`, quantised as its matrix reads it.
void quantize_rwkv_input(RwkvPass& pass, const RwkvLayer& weights, RwkvProjection index, std::int64_t row);

}  // namespace hearth::model
