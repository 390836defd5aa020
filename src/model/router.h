// The router of expert layers: which experts a row uses and how much, and the order in which slots are computed.
//
// A slot is one (row, expert). Slots are sorted by expert, so that an expert's rows are one GEMM; a row adds up its
// slots in the order of the experts' scores, so its result does not depend on the other rows. Called by
// transformer_ffn.
#pragma once

#include <cstdint>
#include <span>

#include "model/arch_spec.h"
#include "model/workspace.h"

namespace hearth::model {

// The experts of one row: the n_used highest logits, best first, the lower index on ties. Their weights are the softmax
// over all experts, made to sum to 1 where the spec says so. experts, weights: [n_used].
void choose_experts(const ExpertSpec& spec, std::span<const float> logits, std::int32_t* experts, float* weights);

// From the experts of n_rows rows ([n_rows, n_used]) to slots, slot_rows and first_slots of `routing`.
void sort_slots(const ExpertSpec& spec, const std::int32_t* experts, std::int64_t n_rows, Routing& routing);

}  // namespace hearth::model
