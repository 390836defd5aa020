// Families: the list of model architectures that Hearth runs, one small file each in families/.
//
// A family is data: for each container the names by which it calls the family, and a function from a file to ArchSpec
// and tensor-name table. loader.cpp looks families up here; the list is families.def, there are no static constructors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/arch_spec.h"
#include "model/tensor_table.h"

namespace hearth::model {

// What a family makes of one file: what to compute, and where the weights are.
struct ModelPlan {
  ArchSpec spec;
  TensorTable tensors;
};

// A family in the files of one convention; no names where it does not occur there.
struct FamilyNames {
  std::span<const std::string_view> names;
  // `name` is the one of `names` that the file has. Errors: corrupt_file and unsupported, naming the key.
  Result<ModelPlan> (*read)(const formats::Checkpoint& checkpoint, std::string_view name) = nullptr;
};

struct Family {
  std::string_view name;
  FamilyNames gguf;  // values of general.architecture
  FamilyNames hf;    // values of model_type in config.json
  FamilyNames ggml;  // general.architecture as the reader of ggml files found it

  const FamilyNames& in(formats::Convention convention) const;
};

std::span<const Family* const> families();

// The name by which a file calls its architecture. Errors: corrupt_file (the key is missing).
Result<std::string_view> architecture_of(const formats::Checkpoint& checkpoint);

// The family of a file. Errors: those of architecture_of, unsupported (unknown architecture; the message lists the
// known ones).
Result<const Family*> find_family(const formats::Checkpoint& checkpoint);

// What the family of a file makes of it.
Result<ModelPlan> plan_model(const formats::Checkpoint& checkpoint);

#define HEARTH_FAMILY(family) extern const Family family;
#include "model/families.def"
#undef HEARTH_FAMILY

}  // namespace hearth::model
