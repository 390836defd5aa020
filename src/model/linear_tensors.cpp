#include "model/linear_tensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/float16.h"
#include "quant/block_type.h"

namespace hearth::model {

const formats::TensorView* LinearTensors::find(std::string_view suffix) {
  const formats::TensorView* tensor = checkpoint_.find(fmt::format("{}.{}", shape_.name, suffix));
  if (tensor != nullptr && std::ranges::find(found_, tensor) == found_.end()) {
    found_.push_back(tensor);
  }
  return tensor;
}

Result<const formats::TensorView*> LinearTensors::require(std::string_view suffix,
                                                          std::initializer_list<quant::BlockType> types) {
  const formats::TensorView* tensor = find(suffix);
  if (tensor == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}.{} is missing", shape_.name, suffix));
  }
  HEARTH_TRY_VOID(expect_type(*tensor, types));
  return tensor;
}

Status LinearTensors::expect_type(const formats::TensorView& tensor,
                                  std::initializer_list<quant::BlockType> types) const {
  if (std::ranges::find(types, tensor.type) != types.end()) {
    return {};
  }
  std::string names;
  for (const quant::BlockType type : types) {
    names += fmt::format("{}{}", names.empty() ? "" : " or ", quant::info(type).name);
  }
  return fail(ErrorCode::kCorruptFile,
              fmt::format("tensor {}: expected {}, found {}", tensor.name, names, quant::info(tensor.type).name));
}

Status LinearTensors::expect_shape(const formats::TensorView& tensor,
                                   std::initializer_list<std::int64_t> expected) const {
  if (std::ranges::equal(tensor.shape, expected)) {
    return {};
  }
  return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected shape [{}], found [{}]", tensor.name,
                                                   fmt::join(expected, ", "), fmt::join(tensor.shape, ", ")));
}

template <typename T>
T element(const formats::TensorView& tensor, std::int64_t i) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
  return value;
}

template std::int16_t element<std::int16_t>(const formats::TensorView&, std::int64_t);
template std::int32_t element<std::int32_t>(const formats::TensorView&, std::int64_t);
template std::int64_t element<std::int64_t>(const formats::TensorView&, std::int64_t);
template std::uint16_t element<std::uint16_t>(const formats::TensorView&, std::int64_t);
template std::uint32_t element<std::uint32_t>(const formats::TensorView&, std::int64_t);

std::uint32_t float_bits(const formats::TensorView& tensor, std::int64_t i) {
  return tensor.type == quant::BlockType::kF32 ? element<std::uint32_t>(tensor, i) : element<std::uint16_t>(tensor, i);
}

float float_value(const formats::TensorView& tensor, std::int64_t i) {
  const std::uint32_t bits = float_bits(tensor, i);
  switch (tensor.type) {
    case quant::BlockType::kF16:
      return base::f16_to_f32(static_cast<std::uint16_t>(bits));
    case quant::BlockType::kBf16:
      return base::bf16_to_f32(static_cast<std::uint16_t>(bits));
    default:
      return std::bit_cast<float>(bits);
  }
}

}  // namespace hearth::model
