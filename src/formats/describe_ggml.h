// The facts of a ggml file of 2023, for describe().
//
// Its header says little, by other names for each architecture; what it leaves out is read off the shapes of tensors.
#pragma once

#include "formats/checkpoint.h"
#include "formats/describe.h"

namespace hearth::formats {

// For Convention::kGgml: dimensions and the kind of vocabulary.
void describe_ggml(const Checkpoint& checkpoint, CheckpointSummary& summary);

}  // namespace hearth::formats
