#include "formats/ggml_split.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "base/check.h"

namespace hearth::formats {
namespace {

constexpr std::int64_t kMaxParts = 64;

bool is_split_by_columns(std::string_view name) {
  return name.starts_with("tok_embeddings.") || name.ends_with(".attention.wo.weight") ||
         name.ends_with(".feed_forward.w2.weight");
}

// The slices of one tensor, in the order of the parts.
using Slices = std::vector<const TensorView*>;

std::vector<std::byte> join_columns(const Slices& slices) {
  const auto n_rows = static_cast<std::size_t>(slices.front()->n_rows());
  const std::size_t row_bytes = slices.front()->bytes.size() / n_rows;
  std::vector<std::byte> joined;
  joined.reserve(slices.front()->bytes.size() * slices.size());
  for (std::size_t row = 0; row < n_rows; ++row) {
    for (const TensorView* slice : slices) {
      const auto bytes = slice->bytes.subspan(row * row_bytes, row_bytes);
      joined.insert(joined.end(), bytes.begin(), bytes.end());
    }
  }
  return joined;
}

std::vector<std::byte> join_rows(const Slices& slices) {
  std::vector<std::byte> joined;
  joined.reserve(slices.front()->bytes.size() * slices.size());
  for (const TensorView* slice : slices) {
    joined.insert(joined.end(), slice->bytes.begin(), slice->bytes.end());
  }
  return joined;
}

using TensorIndex = std::map<std::string_view, const TensorView*>;

Result<TensorIndex> index_part(const GgmlPart& part, std::string_view name) {
  TensorIndex index;
  for (const TensorView& tensor : part.tensors) {
    if (!index.emplace(tensor.name, &tensor).second) {
      return fail(ErrorCode::kCorruptFile, fmt::format("{}: two tensors have the name {}", name, tensor.name));
    }
  }
  return index;
}

Result<const TensorView*> find_slice(const TensorIndex& index, const TensorView& first, std::string_view part) {
  const auto found = index.find(first.name);
  if (found == index.end()) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: tensor {} is missing", part, first.name));
  }
  const TensorView& slice = *found->second;
  if (slice.shape != first.shape || slice.type != first.type) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: tensor {}: {} [{}] is expected as in the first part, found {} [{}]", part, first.name,
                            quant::info(first.type).name, fmt::join(first.shape, ", "), quant::info(slice.type).name,
                            fmt::join(slice.shape, ", ")));
  }
  return &slice;
}

TensorView join_slices(const Slices& slices, std::deque<std::vector<std::byte>>& owned) {
  TensorView joined = *slices.front();
  if (joined.shape.size() < 2) {
    return joined;
  }
  const bool by_columns = is_split_by_columns(joined.name);
  owned.push_back(by_columns ? join_columns(slices) : join_rows(slices));
  joined.bytes = owned.back();
  joined.file_index = -1;
  (by_columns ? joined.shape.back() : joined.shape.front()) *= std::ssize(slices);
  return joined;
}

}  // namespace

Result<int> count_ggml_parts(const GgmlPart& first) {
  if (first.metadata.text("general.architecture") != "llama") {
    return 1;
  }
  const auto found = std::ranges::find(first.tensors, "tok_embeddings.weight", &TensorView::name);
  const std::int64_t n_embd = first.metadata.integer("ggml.n_embd").value_or(0);
  if (found == first.tensors.end()) {
    return 1;
  }
  const std::int64_t n_parts = n_embd / found->n_cols();
  if (n_parts < 1 || n_parts > kMaxParts || n_parts * found->n_cols() != n_embd) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: n_embd ({}) columns or a part of them are expected, found {}", found->name,
                            n_embd, found->n_cols()));
  }
  return static_cast<int>(n_parts);
}

Result<std::vector<TensorView>> join_ggml_parts(std::span<const GgmlPart> parts, std::span<const std::string> names,
                                                std::span<const base::MappedFile> files,
                                                std::deque<std::vector<std::byte>>& owned) {
  HEARTH_CHECK(!parts.empty() && parts.size() == names.size(), "every part has a name");
  std::vector<TensorIndex> indexes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    HEARTH_TRY(indexes.emplace_back(), index_part(parts[i], names[i]));
  }
  std::vector<TensorView> tensors;
  for (const TensorView& first : parts.front().tensors) {
    Slices slices;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      HEARTH_TRY(slices.emplace_back(), find_slice(indexes[i], first, names[i]));
    }
    tensors.push_back(join_slices(slices, owned));
    for (std::size_t i = 0; i < files.size(); ++i) {
      files[i].release(slices[i]->bytes);
    }
  }
  return tensors;
}

}  // namespace hearth::formats
