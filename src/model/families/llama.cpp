// Llama, Mistral and Mixtral: RMS norm, rope, grouped-query attention, SwiGLU; experts where the file has them.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"llama", "mistral"};

// Converters store query and key rows with rotating pairs side by side.
constexpr TensorTable kTensors = {
    .query = {.name = "blk.{layer}.attn_q", .order = RowOrder::kFromPairs},
    .key = {.name = "blk.{layer}.attn_k", .order = RowOrder::kFromPairs},
};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  HEARTH_TRY(const std::int32_t window, keys.count("attention.sliding_window", 0, 1 << 28));
  set_windows(spec, window, 0);
  return ModelPlan{std::move(spec), kTensors};
}

}  // namespace

const Family kLlamaFamily = {.name = "llama", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
