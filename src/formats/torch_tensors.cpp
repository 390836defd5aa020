#include "formats/torch_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::formats {
namespace {

// Where trainers put the weights inside of what else they save.
constexpr std::array<std::string_view, 5> kNestedKeys = {"state_dict", "model", "module", "model_state_dict",
                                                         "weights"};
constexpr int kMaxNesting = 3;
constexpr std::size_t kMaxNameBytes = 1024;

std::unexpected<Error> corrupt(std::string message) {
  return fail(ErrorCode::kCorruptFile, std::move(message));
}

bool has_tensors(const PickleDocument& pickle, PickleId dict) {
  const auto& items = pickle.items(dict);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (pickle.kind(items[i]) == PickleKind::kText && pickle.kind(items[i + 1]) == PickleKind::kTensor) {
      return true;
    }
  }
  return false;
}

std::optional<PickleId> find_dict(const PickleDocument& pickle, PickleId dict, std::string_view key) {
  const auto& items = pickle.items(dict);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (pickle.text(items[i]) == key && pickle.kind(items[i + 1]) == PickleKind::kDict) {
      return items[i + 1];
    }
  }
  return std::nullopt;
}

Result<PickleId> find_state_dict(const PickleDocument& pickle) {
  PickleId dict = pickle.root();
  for (int level = 0; level < kMaxNesting && pickle.kind(dict) == PickleKind::kDict; ++level) {
    if (has_tensors(pickle, dict)) {
      return dict;
    }
    std::optional<PickleId> nested;
    for (std::size_t i = 0; i < kNestedKeys.size() && !nested; ++i) {
      nested = find_dict(pickle, dict, kNestedKeys[i]);
    }
    if (!nested) {
      break;
    }
    dict = *nested;
  }
  return corrupt("the pickle holds no dictionary of tensors (a state_dict)");
}

struct Extent {
  std::int64_t n_elements = 1;
  std::int64_t last = 0;  // the highest element of the storage that the tensor uses, behind its offset
};

// Elements and reach of a tensor that uses at most `n_available` elements behind its offset.
Result<Extent> measure(const PickledTensor& tensor, std::int64_t n_available) {
  Extent extent;
  std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 8;  // no type takes more than 8 bytes
  for (const std::int64_t n : tensor.shape) {
    if (n < 0 || n > limit) {
      return corrupt(fmt::format("the shape [{}] is not possible", fmt::join(tensor.shape, ", ")));
    }
    limit /= std::max<std::int64_t>(n, 1);
    extent.n_elements *= n;
  }
  if (extent.n_elements == 0) {
    return extent;
  }
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const std::int64_t n_steps = tensor.shape[i] - 1;
    const std::int64_t stride = tensor.strides[i];
    if (n_steps == 0) {
      continue;
    }
    if (stride < 0 || stride > (n_available - 1 - extent.last) / n_steps) {
      return corrupt(fmt::format("shape [{}] with strides [{}] reaches beyond the {} elements behind its offset",
                                 fmt::join(tensor.shape, ", "), fmt::join(tensor.strides, ", "), n_available));
    }
    extent.last += n_steps * stride;
  }
  return extent;
}

bool is_contiguous(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) {
      return false;
    }
    expected *= tensor.shape[i];
  }
  return true;
}

// The elements of a strided tensor in row-major order; `source` begins at its first element.
std::vector<std::byte> gather(const PickledTensor& tensor, const Extent& extent, std::span<const std::byte> source,
                              std::size_t width) {
  std::vector<std::byte> result(static_cast<std::size_t>(extent.n_elements) * width);
  std::vector<std::int64_t> index(tensor.shape.size());
  std::int64_t element = 0;
  for (std::size_t at = 0; at < result.size(); at += width) {
    std::memcpy(result.data() + at, source.data() + static_cast<std::size_t>(element) * width, width);
    for (std::size_t i = index.size(); i-- > 0;) {
      element += tensor.strides[i];
      if (++index[i] < tensor.shape[i]) {
        break;
      }
      element -= tensor.strides[i] * tensor.shape[i];
      index[i] = 0;
    }
  }
  return result;
}

class Collector {
 public:
  Collector(const FindStorage& find_storage, std::size_t max_owned_bytes)
      : find_storage_(find_storage), max_owned_bytes_(max_owned_bytes) {}

  Status add(std::string_view name, const PickledTensor& tensor) {
    if (name.empty() || name.size() > kMaxNameBytes) {
      return corrupt(fmt::format("the name must have 1 to {} bytes, found {}", kMaxNameBytes, name.size()));
    }
    const auto width = static_cast<std::size_t>(quant::info(tensor.storage.type).block_bytes);
    const std::int64_t n_stored = tensor.storage.n_elements;
    if (tensor.offset < 0 || tensor.offset > n_stored) {
      return corrupt(fmt::format("it begins at element {} of a storage of {}", tensor.offset, n_stored));
    }
    HEARTH_TRY(const Extent extent, measure(tensor, n_stored - tensor.offset));
    TensorView view;
    view.name = name;
    view.type = tensor.storage.type;
    view.shape = tensor.shape;
    if (extent.n_elements > 0) {
      if (extent.last >= n_stored - tensor.offset) {
        return corrupt(fmt::format("it begins at element {} of a storage of {}", tensor.offset, n_stored));
      }
      HEARTH_TRY(const auto storage, find_storage_(tensor.storage));
      const auto source = storage.subspan(static_cast<std::size_t>(tensor.offset) * width);
      HEARTH_TRY_VOID(place(tensor, extent, source, view));
    }
    result.tensors.push_back(std::move(view));
    return {};
  }

  TorchTensors result;

 private:
  // Points the view at the bytes of the storage, or at a copy of them in row-major order.
  Status place(const PickledTensor& tensor, const Extent& extent, std::span<const std::byte> source, TensorView& view) {
    const auto width = static_cast<std::size_t>(quant::info(view.type).block_bytes);
    if (is_contiguous(tensor)) {
      view.bytes = source.first(static_cast<std::size_t>(extent.n_elements) * width);
      return {};
    }
    // A stride of 0 repeats elements, so that a few bytes could ask for any amount of memory.
    if (static_cast<std::uint64_t>(extent.n_elements) > (max_owned_bytes_ - n_owned_bytes_) / width) {
      return corrupt(fmt::format("writing its {} strided elements in order takes more bytes than the file has",
                                 extent.n_elements));
    }
    n_owned_bytes_ += static_cast<std::size_t>(extent.n_elements) * width;
    view.bytes = result.owned.emplace_back(gather(tensor, extent, source, width));
    view.file_index = -1;
    return {};
  }

  const FindStorage& find_storage_;
  std::size_t max_owned_bytes_;
  std::size_t n_owned_bytes_ = 0;
};

}  // namespace

Result<TorchTensors> collect_tensors(const PickleDocument& pickle, const FindStorage& find_storage,
                                     std::size_t max_owned_bytes) {
  HEARTH_TRY(const PickleId dict, find_state_dict(pickle));
  Collector collector(find_storage, max_owned_bytes);
  const auto& items = pickle.items(dict);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (pickle.kind(items[i]) != PickleKind::kText || pickle.kind(items[i + 1]) != PickleKind::kTensor) {
      continue;
    }
    const std::string_view name = pickle.text(items[i]);
    if (auto status = collector.add(name, pickle.tensor(items[i + 1])); !status) {
      return base::fail_at(fmt::format("tensor {}", name.substr(0, kMaxNameBytes)), std::move(status).error());
    }
  }
  return std::move(collector.result);
}

}  // namespace hearth::formats
