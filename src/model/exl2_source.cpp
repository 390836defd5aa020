// EXL2: groups of columns with their own number of bits, permuted inputs, scales of two levels.
// Layout: exllamav2, exllamav2/linear.py and exllamav2_ext/cuda/quant.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/float16.h"
#include "model/grouped_source.h"

namespace hearth::model {
namespace {

using formats::TensorView;
using quant::BlockType;

constexpr int kScaleBits = 4;

class Exl2Source final : public GroupedSource {
 public:
  Status open(LinearTensors& tensors);

 protected:
  void read_row(std::int64_t row, const GroupedRow& out) const override;

 private:
  Status read_groups(LinearTensors& tensors);
  Result<std::vector<std::int32_t>> read_permutation(LinearTensors& tensors) const;

  const TensorView* codes_ = nullptr;      // [n_words, n_out]
  const TensorView* scales_ = nullptr;     // [n_groups, n_out / 8]
  std::int64_t n_out_ = 0;                 // outputs of the tensors, padding included
  std::vector<std::int64_t> first_words_;  // of each group
};

Status Exl2Source::read_groups(LinearTensors& tensors) {
  HEARTH_TRY(const TensorView* index, tensors.require("q_groups", {BlockType::kI16}));
  HEARTH_TRY(const TensorView* maxima, tensors.require("q_scale_max", {BlockType::kF16}));
  const std::int64_t n_groups = maxima->n_elements();
  HEARTH_TRY_VOID(tensors.expect_shape(*maxima, {std::max<std::int64_t>(1, n_groups)}));
  HEARTH_TRY_VOID(tensors.expect_shape(*index, {2 * n_groups}));
  const std::int64_t n_cols = tensors.shape().n_cols;
  std::int64_t first_col = 0;
  for (std::int64_t g = 0; g < n_groups; ++g) {
    const auto bits = static_cast<std::int32_t>(element<std::uint16_t>(*index, 2 * g));
    const std::int64_t first = element<std::uint16_t>(*index, 2 * g + 1);
    const std::int64_t end =
        g + 1 < n_groups ? std::int64_t{element<std::uint16_t>(*index, 2 * g + 3)} : codes_->shape.front();
    const bool known = bits == 8 || (bits >= 2 && bits <= 6);
    const std::int64_t n = g + 1 < n_groups && known ? (end - first) * 32 / bits : n_cols - first_col;
    const bool fits = n >= 32 && n % 32 == 0 && first_col + n <= n_cols && end - first == n / 32 * bits;
    if (!known || !fits || (g == 0 && first != 0)) {
      return fail(
          ErrorCode::kCorruptFile,
          fmt::format("tensor {}: group {} of {} bits begins at row {} and ends at {}, expected whole blocks of "
                      "32 of {} columns",
                      index->name, g, bits, first, end, n_cols));
    }
    // The reference computes scales in fp16, where this quotient is rounded.
    const float factor = base::f16_to_f32(base::f32_to_f16(float_value(*maxima, g) / 256.0F));
    groups_.push_back({.n_cols = n, .bits = bits, .factor = factor});
    first_words_.push_back(first);
    first_col += n;
  }
  return {};
}

// Packed column k reads input perm[k]; the file holds its inverse, older ones as int16.
Result<std::vector<std::int32_t>> Exl2Source::read_permutation(LinearTensors& tensors) const {
  HEARTH_TRY(const TensorView* inverse, tensors.require("q_invperm", {BlockType::kI32, BlockType::kI16}));
  tensors.find("q_perm");
  tensors.find("q_group_map");
  const std::int64_t n_cols = tensors.shape().n_cols;
  HEARTH_TRY_VOID(tensors.expect_shape(*inverse, {n_cols}));
  std::vector<std::int32_t> inputs(static_cast<std::size_t>(n_cols), -1);
  bool in_order = true;
  for (std::int64_t i = 0; i < n_cols; ++i) {
    const std::int64_t place = inverse->type == BlockType::kI32 ? std::int64_t{element<std::int32_t>(*inverse, i)}
                                                                : std::int64_t{element<std::uint16_t>(*inverse, i)};
    if (place < 0 || place >= n_cols || inputs[static_cast<std::size_t>(place)] != -1) {
      return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected a permutation of {} inputs, found {} for "
                                                       "input {}",
                                                       inverse->name, n_cols, place, i));
    }
    inputs[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(i);
    in_order = in_order && place == i;
  }
  if (in_order) {
    inputs.clear();
  }
  return inputs;
}

Status Exl2Source::open(LinearTensors& tensors) {
  HEARTH_TRY_VOID(expect_whole_blocks(tensors.shape()));
  HEARTH_TRY(codes_, tensors.require("q_weight", {BlockType::kI32}));
  n_out_ = codes_->n_cols();
  if (codes_->shape.size() != 2 || !holds_rows(n_out_, tensors.shape().n_rows) || n_out_ % 8 != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected {} columns, padded to a multiple of 32, "
                                                     "found {}",
                                                     codes_->name, tensors.shape().n_rows, n_out_));
  }
  HEARTH_TRY_VOID(read_groups(tensors));
  HEARTH_TRY(scales_, tensors.require("q_scale", {BlockType::kI32}));
  HEARTH_TRY_VOID(tensors.expect_shape(*scales_, {static_cast<std::int64_t>(groups_.size()), n_out_ / 8}));
  HEARTH_TRY(order_.inputs, read_permutation(tensors));
  scale_ = quant::packed::GroupScale::kTwoLevel;
  tensors_ = tensors.found();
  return {};
}

void Exl2Source::read_row(std::int64_t row, const GroupedRow& out) const {
  std::size_t column = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto n_cols = static_cast<std::size_t>(groups_[g].n_cols);
    const std::byte* words = codes_->bytes.data() + (first_words_[g] * n_out_ + row) * 4;
    unpack_bits(words, n_out_, groups_[g].bits, out.codes.subspan(column, n_cols));
    column += n_cols;
    out.scales[g] = unpack_one(row, kScaleBits, [&](std::int64_t word) {
      return element<std::uint32_t>(*scales_, static_cast<std::int64_t>(g) * (n_out_ / 8) + word);
    });
  }
}

}  // namespace

Result<std::unique_ptr<QuantizedSource>> open_exl2(LinearTensors tensors) {
  auto source = std::make_unique<Exl2Source>();
  HEARTH_TRY_VOID(source->open(tensors));
  return source;
}

}  // namespace hearth::model
