// Qwen3, dense and with experts: as Llama, with a norm on every head of query and key.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"qwen3", "qwen3moe"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  spec.qk_norm = true;
  return ModelPlan{std::move(spec), {}};
}

}  // namespace

const Family kQwen3Family = {.name = "qwen3", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
