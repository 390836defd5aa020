// The system fingerprint: equal fingerprints and seeds give equal tokens.
//
// A hash of what results depend on: the build, the ISA level, the weights, the tokenizer, the chat template and the
// configuration.
#pragma once

#include <string>
#include <string_view>

#include "formats/checkpoint.h"

namespace hearth::backends {

// Weights are told apart by their metadata, names, shapes and a sample of each tensor's bytes: hashing all of them
// would read the whole file before the first answer.
std::string weights_identity(const formats::Checkpoint& checkpoint);

struct FingerprintParts {
  std::string_view weights;
  std::string_view isa;
  std::string_view tokenizer;  // of files beside the weights
  std::string_view chat_template;
  std::string_view config;  // what changes results: KV type, context, rope settings
};
// "fp_" and 12 hex digits.
std::string system_fingerprint(const FingerprintParts& parts);

}  // namespace hearth::backends
