#include "model/tensor_finder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "model/quantized_tensors.h"

namespace hearth::model {
namespace {

// Tables that converters of every container wrote along.
constexpr std::array<std::string_view, 2> kIgnoredEverywhere = {"attn_rot_embd", "rotary_emb.inv_freq"};

std::string put_together(std::string_view prefix, std::string_view pattern, std::string_view suffix, Place place) {
  std::string name(prefix);
  name.append(pattern);
  const auto replace = [&name](std::string_view token, int number) {
    if (const std::size_t at = name.find(token); at != std::string::npos) {
      name.replace(at, token.size(), std::to_string(number));
    }
  };
  replace("{layer}", place.layer);
  replace("{expert}", place.expert);
  return name.append(suffix);
}

}  // namespace

TensorFinder::TensorFinder(const formats::Checkpoint& checkpoint, const TensorTable& table)
    : checkpoint_(checkpoint), table_(table), prefixes_(table.prefixes.begin(), table.prefixes.end()) {
  if (prefixes_.empty()) {
    prefixes_.emplace_back();
  }
  const auto has_embedding = [&](std::string_view prefix) {
    return checkpoint_.find(put_together(prefix, table_.embedding.name, table_.embedding.weight, {})) != nullptr;
  };
  const auto own = std::ranges::find_if(prefixes_, has_embedding);
  if (own != prefixes_.end()) {
    std::rotate(prefixes_.begin(), own, own + 1);
  }
}

const formats::TensorView* TensorFinder::find(const TensorSource& source, std::string_view suffix, Place place) {
  if (source.name.empty()) {
    return nullptr;
  }
  for (const std::string_view prefix : prefixes_) {
    if (const formats::TensorView* tensor = checkpoint_.find(put_together(prefix, source.name, suffix, place))) {
      used_.insert(tensor);
      return tensor;
    }
  }
  return nullptr;
}

Result<const formats::TensorView*> TensorFinder::require(const TensorSource& source, std::string_view suffix,
                                                         Place place) {
  const formats::TensorView* tensor = find(source, suffix, place);
  if (tensor == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {} is missing", name(source, suffix, place)));
  }
  return tensor;
}

std::string TensorFinder::name(const TensorSource& source, std::string_view suffix, Place place) const {
  return put_together(prefixes_.front(), source.name, suffix, place);
}

std::vector<std::string> TensorFinder::names(const TensorSource& source, std::string_view suffix, Place place) const {
  std::vector<std::string> names;
  for (const std::string_view prefix : prefixes_) {
    names.push_back(put_together(prefix, source.name, suffix, place));
  }
  return names;
}

Status TensorFinder::check_all_used() const {
  const auto is_ignored = [&](std::string_view name) {
    const auto is_part = [name](std::string_view part) { return name.find(part) != std::string_view::npos; };
    return std::ranges::any_of(kIgnoredEverywhere, is_part) || std::ranges::any_of(table_.ignored, is_part);
  };
  for (const formats::TensorView& tensor : checkpoint_.tensors) {
    if (!used_.contains(&tensor) && !is_ignored(tensor.name) && !is_quantizer_extra(tensor.name)) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("tensor {} is not known to this architecture; the model would compute something else",
                              tensor.name));
    }
  }
  return {};
}

Status check_shape(const formats::TensorView& tensor, const std::vector<std::int64_t>& expected) {
  if (tensor.shape != expected) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected shape [{}], found [{}]", tensor.name,
                                                     fmt::join(expected, ", "), fmt::join(tensor.shape, ", ")));
  }
  return {};
}

}  // namespace hearth::model
