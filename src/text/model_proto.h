// A sentencepiece ModelProto written from a vocabulary, so that the library can run GGUF "llama" vocabularies.
//
// GGUF stores pieces, scores and types but not the ModelProto they came from. The fields are those of
// sentencepiece_model.proto; only what an encoder needs is written.
#pragma once

#include <string>

#include "text/vocabulary.h"

namespace hearth::text {

// A BPE model with an identity normalizer that neither adds a prefix nor removes spaces: the caller does both.
std::string write_model_proto(const Vocabulary& vocabulary);

}  // namespace hearth::text
