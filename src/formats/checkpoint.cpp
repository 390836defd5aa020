#include "formats/checkpoint.h"

#include <fmt/format.h>

namespace hearth::formats {

std::int64_t TensorView::n_elements() const {
  std::int64_t n = 1;
  for (const std::int64_t extent : shape) {
    n *= extent;
  }
  return n;
}

const TensorView* Checkpoint::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors[found->second];
}

std::int64_t Checkpoint::tensor_bytes() const {
  std::int64_t n_bytes = 0;
  for (const TensorView& tensor : tensors) {
    n_bytes += static_cast<std::int64_t>(tensor.bytes.size());
  }
  return n_bytes;
}

void Checkpoint::discard(const TensorView& tensor) {
  for (std::vector<std::byte>& bytes : owned) {
    if (!bytes.empty() && bytes.data() == tensor.bytes.data() && bytes.size() == tensor.bytes.size()) {
      std::vector<std::byte>().swap(bytes);
      return;
    }
  }
}

Status Checkpoint::index_tensors() {
  index_.clear();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!index_.emplace(tensors[i].name, i).second) {
      return fail(ErrorCode::kCorruptFile, fmt::format("two tensors have the name {}", tensors[i].name),
                  tensors[i].name);
    }
  }
  return {};
}

}  // namespace hearth::formats
