#include "formats/pickle_globals.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace hearth::formats {
namespace {

using enum quant::BlockType;
using enum GlobalRole;

constexpr std::string_view kTorch = "torch";

constexpr std::array kGlobals = {
    PickleGlobal{"collections", "OrderedDict", kOrderedDict},
    PickleGlobal{"torch._utils", "_rebuild_tensor_v2", kRebuildTensor},
    PickleGlobal{"torch._utils", "_rebuild_parameter", kRebuildParameter},
    PickleGlobal{"torch.nn.parameter", "Parameter", kTag},
    PickleGlobal{kTorch, "Size", kSize},
    PickleGlobal{kTorch, "FloatStorage", kStorage, kF32},
    PickleGlobal{kTorch, "HalfStorage", kStorage, kF16},
    PickleGlobal{kTorch, "BFloat16Storage", kStorage, kBf16},
    PickleGlobal{kTorch, "DoubleStorage", kStorage, kF64},
    PickleGlobal{kTorch, "LongStorage", kStorage, kI64},
    PickleGlobal{kTorch, "IntStorage", kStorage, kI32},
    PickleGlobal{kTorch, "ShortStorage", kStorage, kI16},
    PickleGlobal{kTorch, "CharStorage", kStorage, kI8},
    PickleGlobal{kTorch, "ByteStorage", kStorage, kU8},
    PickleGlobal{kTorch, "BoolStorage", kStorage, kU8},
    PickleGlobal{"torch.storage", "UntypedStorage", kStorage, kU8},
    PickleGlobal{"torch.storage", "TypedStorage", kTag},
    PickleGlobal{kTorch, "float32", kTag},
    PickleGlobal{kTorch, "float64", kTag},
    PickleGlobal{kTorch, "float16", kTag},
    PickleGlobal{kTorch, "bfloat16", kTag},
    PickleGlobal{kTorch, "uint8", kTag},
    PickleGlobal{kTorch, "int8", kTag},
    PickleGlobal{kTorch, "int16", kTag},
    PickleGlobal{kTorch, "int32", kTag},
    PickleGlobal{kTorch, "int64", kTag},
    PickleGlobal{kTorch, "bool", kTag},
};

}  // namespace

std::optional<std::uint32_t> find_pickle_global(std::string_view module, std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kGlobals, [&](const PickleGlobal& global) { return global.module == module && global.name == name; });
  return found == kGlobals.end() ? std::nullopt : std::optional(static_cast<std::uint32_t>(found - kGlobals.begin()));
}

const PickleGlobal& pickle_global(std::uint32_t row) {
  HEARTH_CHECK(row < kGlobals.size(), "a row that find_pickle_global did not give");
  return kGlobals[row];
}

}  // namespace hearth::formats
