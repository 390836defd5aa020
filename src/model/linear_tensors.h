// LinearTensors: the tensors of one linear layer, found by suffix and checked for type and shape.
//
// Used by the readers of quantised matrices; remembers what it has found, so that the loader knows which tensors are
// read and may be given back.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::model {

// A matrix that is looked for: `name` without suffix, outputs and inputs of the whole tensor.
struct LinearShape {
  std::string_view name;
  std::int64_t n_rows = 0;
  std::int64_t n_cols = 0;
};

class LinearTensors {
 public:
  LinearTensors(const formats::Checkpoint& checkpoint, const LinearShape& shape)
      : checkpoint_(checkpoint), shape_(shape) {}

  const LinearShape& shape() const { return shape_; }
  // "name.suffix", or null. A found tensor counts as read.
  const formats::TensorView* find(std::string_view suffix);
  // corrupt_file when it is missing or has another type.
  Result<const formats::TensorView*> require(std::string_view suffix, std::initializer_list<quant::BlockType> types);
  // corrupt_file naming both shapes.
  Status expect_shape(const formats::TensorView& tensor, std::initializer_list<std::int64_t> expected) const;
  Status expect_type(const formats::TensorView& tensor, std::initializer_list<quant::BlockType> types) const;

  const std::vector<const formats::TensorView*>& found() const { return found_; }

 private:
  const formats::Checkpoint& checkpoint_;
  LinearShape shape_;
  std::vector<const formats::TensorView*> found_;
};

// Element i of a tensor of that type; bytes in files need not be aligned.
template <typename T>
T element(const formats::TensorView& tensor, std::int64_t i);

// Bits of element i of an F16, BF16 or F32 tensor, and its value.
std::uint32_t float_bits(const formats::TensorView& tensor, std::int64_t i);
float float_value(const formats::TensorView& tensor, std::int64_t i);

extern template std::int16_t element<std::int16_t>(const formats::TensorView&, std::int64_t);
extern template std::int32_t element<std::int32_t>(const formats::TensorView&, std::int64_t);
extern template std::int64_t element<std::int64_t>(const formats::TensorView&, std::int64_t);
extern template std::uint16_t element<std::uint16_t>(const formats::TensorView&, std::int64_t);
extern template std::uint32_t element<std::uint32_t>(const formats::TensorView&, std::int64_t);

}  // namespace hearth::model
