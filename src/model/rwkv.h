// RWKV: one forward pass for versions 4, 5.1, 5.2, 6 and 7, driven by RwkvSpec.
//
// A sequence's past is a state of fixed size, which StepSequence::state points to; there is no KV cache. Rows of a step
// go through the matrices together; the recurrence runs token by token in fp32 within each head, so that neither the
// chunking of a text nor the number of threads changes a bit. load_model() calls load_rwkv().
#pragma once

#include <memory>

#include "base/result.h"
#include "model/loader.h"

namespace hearth::model {

// Errors: those of load_model().
Result<std::unique_ptr<Model>> load_rwkv(formats::Checkpoint checkpoint, const LoadOptions& options,
                                         cpu::ThreadPool& pool, const kernels::KernelTable& kernels);

}  // namespace hearth::model
