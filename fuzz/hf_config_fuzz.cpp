// config.json over arbitrary bytes: what parses becomes metadata, from which the packing and the facts of a model are
// read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "formats/describe.h"
#include "formats/hf_config.h"
#include "formats/quant_scheme.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = hearth::base::parse_json({reinterpret_cast<const char*>(data), size});
  if (!config || !config->is_object()) return 0;
  hearth::formats::Checkpoint checkpoint;
  checkpoint.convention = hearth::formats::Convention::kHf;
  if (!hearth::formats::flatten_json(*config, "", checkpoint.metadata)) return 0;
  if (checkpoint.metadata.entries().size() > size) __builtin_trap();
  (void)hearth::formats::read_quant_scheme(checkpoint);
  (void)hearth::formats::describe(checkpoint);
  return 0;
}
