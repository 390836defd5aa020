// Families: the list of model architectures that Hearth runs, one small file each in families/.
//
// A family is data: the names by which containers call it, a function from metadata to ArchSpec, and a tensor-name
// table. loader.cpp looks families up here; there are no static constructors, the list is explicit.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/arch_spec.h"
#include "model/tensor_table.h"

namespace hearth::model {

struct Family {
  std::string_view name;
  std::span<const std::string_view> gguf_architectures;  // values of general.architecture
  // `architecture` is the one of gguf_architectures that the file names: the prefix of its keys.
  Result<ArchSpec> (*spec_from_gguf)(const formats::Metadata& metadata, std::string_view architecture);
  TensorTable gguf_tensors;
};

std::span<const Family* const> families();

// The family of a file by its general.architecture. Errors: corrupt_file (the key is missing), unsupported (unknown
// architecture; the message lists the known ones).
Result<const Family*> find_family(const formats::Metadata& metadata);

// Defined in families/<name>.cpp.
extern const Family kLlamaFamily;
extern const Family kQwen2Family;
extern const Family kQwen3Family;
extern const Family kGemmaFamily;
extern const Family kGemma2Family;
extern const Family kGemma3Family;
extern const Family kPhi3Family;
extern const Family kSmollm3Family;

}  // namespace hearth::model
