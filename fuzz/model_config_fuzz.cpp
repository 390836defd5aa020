// Model YAML from anywhere: configs or an error that names file and line, never a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/model_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto configs =
      hearth::config::parse_model_configs(std::string_view(reinterpret_cast<const char*>(data), size), "input.yaml");
  if (!configs && !configs.error().message.starts_with("input.yaml:")) __builtin_trap();
  return 0;
}
