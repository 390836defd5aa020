// The pickle machine and the old PyTorch form around it over arbitrary bytes: every value of what opens can be looked
// at, and every tensor read.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/pickle.h"
#include "formats/torch_legacy.h"
#include "formats/torch_tensors.h"

namespace {

using namespace hearth::formats;

void read_all(const TorchTensors& tensors) {
  std::vector<float> values;
  for (const TensorView& tensor : tensors.tensors) {
    if (tensor.n_elements() == 0) continue;
    values.resize(static_cast<std::size_t>(tensor.n_elements()));
    hearth::quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto tensors = read_torch_legacy(bytes)) read_all(*tensors);
  const auto pickle = read_pickle(bytes);
  if (!pickle) return 0;
  if (pickle->n_bytes() > size) __builtin_trap();
  // All storages are one buffer, as large as they say where that is little.
  static const std::vector<std::byte> buffer(std::size_t{1} << 16);
  const auto find = [&](const PickledStorage& storage) -> hearth::Result<std::span<const std::byte>> {
    if (static_cast<std::uint64_t>(storage.n_elements) > buffer.size() / 8) {
      return hearth::fail(hearth::ErrorCode::kCorruptFile, "too large");
    }
    return std::span(buffer);
  };
  if (const auto tensors = collect_tensors(*pickle, find, buffer.size())) read_all(*tensors);
  return 0;
}
