// QuantizedTensors: which linear layers of a checkpoint are stored quantised, in several tensors each.
//
// weights.cpp asks for every linear before it looks for an ordinary weight. What a layer holds is told by the names of
// its tensors, so layers that a quantiser left out ("modules_to_not_convert", "ignore", "dynamic") need no list.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/quant_scheme.h"
#include "model/linear_tensors.h"
#include "model/quantized_source.h"

namespace hearth::model {

class QuantizedTensors {
 public:
  // Errors: unsupported naming a quantisation that Hearth does not read.
  static Result<QuantizedTensors> open(const formats::Checkpoint& checkpoint);

  // The source of a linear, or null when it is not stored quantised. The checkpoint must outlive it.
  // Errors: corrupt_file (a tensor is missing or has another type or shape), unsupported.
  Result<std::unique_ptr<QuantizedSource>> find(const LinearShape& shape) const;

 private:
  QuantizedTensors(const formats::Checkpoint& checkpoint, const formats::QuantScheme& scheme)
      : checkpoint_(&checkpoint), scheme_(scheme) {}

  const formats::Checkpoint* checkpoint_;
  formats::QuantScheme scheme_;
};

// Tensors that a quantiser leaves for other engines: scales of activations and of the KV cache.
bool is_quantizer_extra(std::string_view name);

}  // namespace hearth::model
