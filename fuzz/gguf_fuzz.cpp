// The GGUF reader over arbitrary bytes: an answer, never a crash, a hang or an allocation that the bytes do not pay
// for.
//
// The first byte picks one file or two shards, split in the middle. What opens is read from end to end, since the
// reader promises that views need no further checks.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/gguf.h"

namespace {

using hearth::formats::Checkpoint;
using hearth::formats::NamedBytes;

void read_all(const Checkpoint& checkpoint) {
  std::vector<float> row;
  for (const auto& tensor : checkpoint.tensors) {
    const auto& type = hearth::quant::info(tensor.type);
    if (checkpoint.find(tensor.name) != &tensor) {
      __builtin_trap();
    }
    row.resize(static_cast<std::size_t>(tensor.n_elements()));
    type.dequantize_row(tensor.bytes.data(), row.data(), tensor.n_elements());
  }
  for (const auto& [key, value] : checkpoint.metadata.entries()) {
    (void)checkpoint.metadata.require_integer(key);
    (void)checkpoint.metadata.require_text(key);
  }
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
  if (const auto checkpoint = hearth::formats::read_gguf(parts)) {
    read_all(*checkpoint);
  }
  return 0;
}
