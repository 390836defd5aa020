#include "model/families.h"

#include <fmt/format.h>

#include <array>

namespace hearth::model {
namespace {

constexpr std::array<const Family*, 8> kFamilies = {&kLlamaFamily,  &kQwen2Family,  &kQwen3Family, &kGemmaFamily,
                                                    &kGemma2Family, &kGemma3Family, &kPhi3Family,  &kSmollm3Family};

}  // namespace

std::span<const Family* const> families() {
  return kFamilies;
}

Result<const Family*> find_family(const formats::Metadata& metadata) {
  HEARTH_TRY(const std::string_view architecture, metadata.require_text("general.architecture"));
  std::string known;
  for (const Family* family : kFamilies) {
    for (const std::string_view name : family->gguf_architectures) {
      if (name == architecture) {
        return family;
      }
      known += known.empty() ? "" : ", ";
      known += name;
    }
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("architecture \"{}\" is not supported; known ones: {}", architecture, known));
}

}  // namespace hearth::model
