#include "model/families.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hearth::model {
namespace {

constexpr std::array kFamilies = {
#define HEARTH_FAMILY(family) &family,
#include "model/families.def"
#undef HEARTH_FAMILY
};

constexpr FamilyNames kNoNames;

}  // namespace

const FamilyNames& Family::in(formats::Convention convention) const {
  switch (convention) {
    case formats::Convention::kGguf:
      return gguf;
    case formats::Convention::kHf:
      return hf;
    case formats::Convention::kGgml:
      return ggml;
    case formats::Convention::kRwkv:
      break;
  }
  return kNoNames;
}

std::span<const Family* const> families() {
  return kFamilies;
}

Result<std::string_view> architecture_of(const formats::Checkpoint& checkpoint) {
  const bool is_hf = checkpoint.convention == formats::Convention::kHf;
  return checkpoint.metadata.require_text(is_hf ? "model_type" : "general.architecture");
}

Result<const Family*> find_family(const formats::Checkpoint& checkpoint) {
  HEARTH_TRY(const std::string_view architecture, architecture_of(checkpoint));
  std::string known;
  for (const Family* family : kFamilies) {
    const std::span<const std::string_view> names = family->in(checkpoint.convention).names;
    if (std::ranges::find(names, architecture) != names.end()) {
      return family;
    }
    for (const std::string_view name : names) {
      known += known.empty() ? "" : ", ";
      known += name;
    }
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("architecture \"{}\" is not supported; known ones: {}", architecture, known));
}

Result<ModelPlan> plan_model(const formats::Checkpoint& checkpoint) {
  HEARTH_TRY(const std::string_view architecture, architecture_of(checkpoint));
  HEARTH_TRY(const Family* family, find_family(checkpoint));
  return family->in(checkpoint.convention).read(checkpoint, architecture);
}

}  // namespace hearth::model
