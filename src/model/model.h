// Model: a loaded model, what engine, `hearth logits` and `hearth show` hold.
//
// load_model() makes one; step() (from StepModel) computes. The rest says what was loaded.
#pragma once

#include <cstdint>
#include <limits>

#include "model/arch_spec.h"
#include "model/step.h"

namespace hearth::model {

enum class Precision : std::uint8_t {
  kExact,  // fp32 activations on exactly unpacked weights, f32 KV cache: for checking a file against a reference
  kFast,   // activations quantised as the kernels like them: what serving uses
};

class Model : public StepModel {
 public:
  virtual const ArchSpec& spec() const = 0;
  virtual Precision precision() const = 0;
  // Positions a sequence may hold; what LoadOptions::context_size came to.
  virtual std::int64_t context_size() const = 0;
  virtual std::int64_t weight_bytes() const = 0;
  // Positions up to which cached blocks mean the same in every sequence; beyond, they depend on the sequence's length.
  virtual std::int64_t max_shared_positions() const { return std::numeric_limits<std::int64_t>::max(); }
};

}  // namespace hearth::model
