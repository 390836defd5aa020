// The reader of rwkv.cpp's files over arbitrary bytes. What opens is described and read from end to end.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/describe.h"
#include "formats/rwkv_cpp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto checkpoint = hearth::formats::read_rwkv_cpp(std::span(reinterpret_cast<const std::byte*>(data), size));
  if (!checkpoint) {
    return 0;
  }
  std::vector<float> values;
  for (const auto& tensor : checkpoint->tensors) {
    if (checkpoint->find(tensor.name) != &tensor) {
      __builtin_trap();
    }
    values.resize(static_cast<std::size_t>(tensor.n_elements()));
    hearth::quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  }
  (void)hearth::formats::describe(*checkpoint);
  return 0;
}
