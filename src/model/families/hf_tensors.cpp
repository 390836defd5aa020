#include "model/families/hf_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "model/families/hf_keys.h"

namespace hearth::model {

Status tie_output(const formats::Checkpoint& checkpoint, bool tied, TensorTable& table) {
  HEARTH_TRY(tied, HfKeys(checkpoint.metadata).flag("tie_word_embeddings", tied));
  if (tied) {
    table.output = {};
    return {};
  }
  // Any suffix will do: a quantised matrix has no ".weight".
  const std::string part = std::string(table.output.name) + ".";
  const bool exists = std::ranges::any_of(checkpoint.tensors, [&](const formats::TensorView& tensor) {
    return tensor.name.find(part) != std::string::npos;
  });
  if (!exists) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}.weight is missing, and tie_word_embeddings is false", table.output.name));
  }
  return {};
}

}  // namespace hearth::model
