// The safetensors reader over arbitrary bytes: what opens is read from end to end, since the reader promises that views
// need no further checks.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto tensors = hearth::formats::parse_safetensors(bytes);
  if (!tensors) return 0;
  std::vector<float> values;
  for (const auto& tensor : *tensors) {
    if (tensor.n_elements() == 0) continue;
    values.resize(static_cast<std::size_t>(tensor.n_elements()));
    if (tensor.n_rows() < 0 || tensor.bytes.size() > size) __builtin_trap();
    hearth::quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  }
  return 0;
}
