// The reader of the ggml files of 2023 over arbitrary bytes: an answer, never a crash, a hang or an allocation that the
// bytes do not pay for.
//
// The first byte picks one file or two parts, split in the middle. What opens is described, read from end to end and
// given to the family that would run it, since the reader promises that views need no further checks.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/describe.h"
#include "formats/ggml.h"
#include "model/families.h"

namespace {

using hearth::formats::Checkpoint;
using hearth::formats::NamedBytes;

void read_all(const Checkpoint& checkpoint) {
  std::vector<float> values;
  for (const auto& tensor : checkpoint.tensors) {
    if (checkpoint.find(tensor.name) != &tensor) {
      __builtin_trap();
    }
    values.resize(static_cast<std::size_t>(tensor.n_elements()));
    hearth::quant::info(tensor.type).dequantize_row(tensor.bytes.data(), values.data(), tensor.n_elements());
  }
  (void)hearth::formats::describe(checkpoint);
  (void)hearth::model::plan_model(checkpoint);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::span bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  std::vector<NamedBytes> parts{{"first", bytes}};
  if (data[0] == 2) {
    parts = {{"first", bytes.first(bytes.size() / 2)}, {"second", bytes.subspan(bytes.size() / 2)}};
  }
  if (const auto checkpoint = hearth::formats::read_ggml(parts)) {
    read_all(*checkpoint);
  }
  return 0;
}
