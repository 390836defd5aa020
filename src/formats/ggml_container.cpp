#include "formats/ggml_container.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace hearth::formats {
namespace {

struct KnownContainer {
  std::uint32_t number;  // the magic, little endian
  std::string_view name;
  GgmlMagic magic;
  std::uint32_t first_version;  // 0: has none
  std::uint32_t last_version;
};

constexpr std::array kContainers = {KnownContainer{0x67676d6c, "ggml", GgmlMagic::kGgml, 0, 0},
                                    KnownContainer{0x67676d66, "ggmf", GgmlMagic::kGgmf, 1, 1},
                                    KnownContainer{0x67676a74, "ggjt", GgmlMagic::kGgjt, 1, 3},
                                    // ggllm.cpp starts at 10, beyond the versions of ggjt.
                                    KnownContainer{0x67676363, "ggcc", GgmlMagic::kGgcc, 10, 10}};
constexpr std::uint32_t kAdapterMagic = 0x67676c61;  // "ggla"

}  // namespace

std::string to_string(const GgmlContainer& container) {
  for (const KnownContainer& known : kContainers) {
    if (known.magic == container.magic && container.version != 0) {
      return fmt::format("{} v{}", known.name, container.version);
    }
  }
  return "ggml";
}

Result<GgmlContainer> read_ggml_container(base::ByteReader& reader) {
  HEARTH_TRY(const auto number, reader.read<std::uint32_t>("magic"));
  if (number == kAdapterMagic) {
    return fail(ErrorCode::kUnsupported,
                "the file is a LoRA adapter of 2023 (ggla), not a model; adapters in that format are not read");
  }
  for (const KnownContainer& known : kContainers) {
    if (known.number != number) {
      continue;
    }
    GgmlContainer container{known.magic, 0};
    if (known.last_version == 0) {
      return container;
    }
    HEARTH_TRY(container.version, reader.read<std::uint32_t>("version"));
    if (container.version < known.first_version || container.version > known.last_version) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{} version {} is not known; versions {} to {} are read", known.name, container.version,
                              known.first_version, known.last_version));
    }
    return container;
  }
  return fail(ErrorCode::kCorruptFile,
              fmt::format("a ggml file of 2023 starts with ggml, ggmf, ggjt or ggcc, found {:08x}", number));
}

}  // namespace hearth::formats
