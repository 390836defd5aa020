// Float8Source: a matrix of 8-bit floats with one scale per tensor, per row or per block.
//
// Called by quantized_tensors.cpp for every weight of type F8_E4M3 or F8_E5M2.
#pragma once

#include <memory>

#include "base/result.h"
#include "formats/quant_scheme.h"
#include "model/linear_tensors.h"
#include "model/quantized_source.h"

namespace hearth::model {

// Scales are name.weight_scale_inv (factors in spite of their name) or name.weight_scale; without any they are 1.
// Errors: corrupt_file naming tensor, expected and found.
Result<std::unique_ptr<QuantizedSource>> open_float8(LinearTensors tensors, const formats::QuantScheme& scheme);

}  // namespace hearth::model
