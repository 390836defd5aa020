// SmolLM3: as Llama, but every fourth layer does not turn its queries and keys.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"smollm3"};
constexpr std::size_t kNoRopeStep = 4;  // not in the file

constexpr TensorTable kTensors = {
    .query = {.name = "blk.{layer}.attn_q", .order = RowOrder::kFromPairs},
    .key = {.name = "blk.{layer}.attn_k", .order = RowOrder::kFromPairs},
};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  for (std::size_t i = kNoRopeStep - 1; i < spec.layers.size(); i += kNoRopeStep) {
    spec.layers[i].rope_class = kNoRope;
  }
  return ModelPlan{std::move(spec), kTensors};
}

}  // namespace

const Family kSmollm3Family = {.name = "smollm3", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
