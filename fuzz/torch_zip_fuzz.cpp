// PyTorch's ZIP archives over arbitrary bytes: what opens is read from end to end.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/torch_zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto read = hearth::formats::read_torch_zip(bytes, "input");
  if (!read) return 0;
  std::vector<float> values;
  for (const auto& tensor : read->tensors) {
    if (tensor.n_elements() == 0) continue;
    values.resize(static_cast<std::size_t>(tensor.n_elements()));
    hearth::quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  }
  return 0;
}
