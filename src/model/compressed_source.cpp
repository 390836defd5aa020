// compressed-tensors, format pack-quantized: codes packed along the input, lowest bits first, zero in the middle or
// stored, packed along the output. Layout: compressed_tensors/compressors/quantized_compressors/pack_quantized.py.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/grouped_source.h"

namespace hearth::model {
namespace {

using formats::TensorView;
using quant::BlockType;

class CompressedSource final : public GroupedSource {
 public:
  Status open(LinearTensors& tensors, const formats::QuantScheme& scheme);

 protected:
  void read_row(std::int64_t row, const GroupedRow& out) const override;

 private:
  Status read_codes(LinearTensors& tensors);
  Status read_scales(LinearTensors& tensors);
  Status read_zeros(LinearTensors& tensors);
  Result<ColumnOrder> read_order(LinearTensors& tensors, std::int64_t group_size) const;

  const TensorView* codes_ = nullptr;   // [n_rows, n_cols * bits / 32]
  const TensorView* scales_ = nullptr;  // [n_rows, n_groups], or one number
  const TensorView* zeros_ = nullptr;   // int32 [n_rows * bits / 32, n_groups] or int8 [n_rows, n_groups]
  std::int64_t n_groups_ = 1;
  int bits_ = 0;
};

Status CompressedSource::read_codes(LinearTensors& tensors) {
  const LinearShape& shape = tensors.shape();
  HEARTH_TRY(codes_, tensors.require("weight_packed", {BlockType::kI32}));
  for (const int bits : {2, 4, 8}) {
    if (codes_->n_cols() == shape.n_cols / 32 * bits) {
      bits_ = bits;
    }
  }
  if (bits_ == 0) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected {} * bits / 32 columns of 2, 4 or 8 bits, found {}", codes_->name,
                            shape.n_cols, codes_->n_cols()));
  }
  HEARTH_TRY_VOID(tensors.expect_shape(*codes_, {shape.n_rows, codes_->n_cols()}));
  const TensorView* extents = tensors.find("weight_shape");
  if (extents != nullptr) {
    HEARTH_TRY_VOID(tensors.expect_type(*extents, {BlockType::kI64, BlockType::kI32}));
    HEARTH_TRY_VOID(tensors.expect_shape(*extents, {2}));
    const bool wide = extents->type == BlockType::kI64;
    const auto extent = [&](std::int64_t i) {
      return wide ? element<std::int64_t>(*extents, i) : std::int64_t{element<std::int32_t>(*extents, i)};
    };
    if (extent(0) != shape.n_rows || extent(1) != shape.n_cols) {
      return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected [{}, {}], found [{}, {}]", extents->name,
                                                       shape.n_rows, shape.n_cols, extent(0), extent(1)));
    }
  }
  return {};
}

Status CompressedSource::read_scales(LinearTensors& tensors) {
  HEARTH_TRY(scales_, tensors.require("weight_scale", {BlockType::kF16, BlockType::kBf16, BlockType::kF32}));
  scale_ = group_scale(scales_->type);
  if (scales_->n_elements() == 1) {
    return {};
  }
  n_groups_ = std::max<std::int64_t>(1, scales_->shape.size() == 2 ? scales_->n_cols() : 0);
  return tensors.expect_shape(*scales_, {tensors.shape().n_rows, n_groups_});
}

Status CompressedSource::read_zeros(LinearTensors& tensors) {
  zeros_ = tensors.find("weight_zero_point");
  if (zeros_ == nullptr) {
    return {};
  }
  HEARTH_TRY_VOID(tensors.expect_type(*zeros_, {BlockType::kI32, BlockType::kI8}));
  const std::int64_t n_rows = tensors.shape().n_rows;
  const std::int64_t per_word = zeros_->type == BlockType::kI32 ? 32 / bits_ : 1;
  HEARTH_TRY_VOID(tensors.expect_shape(*zeros_, {(n_rows + per_word - 1) / per_word, n_groups_}));
  zero_ = quant::packed::GroupZero::kStored;
  return {};
}

Result<ColumnOrder> CompressedSource::read_order(LinearTensors& tensors, std::int64_t group_size) const {
  const std::int64_t n_cols = tensors.shape().n_cols;
  const TensorView* index = tensors.find("weight_g_idx");
  if (index != nullptr) {
    HEARTH_TRY_VOID(tensors.expect_type(*index, {BlockType::kI32}));
    HEARTH_TRY_VOID(tensors.expect_shape(*index, {n_cols}));
    // -1 says that the groups are in order.
    if (n_groups_ > 1 && element<std::int32_t>(*index, 0) != -1 && !is_all_zero(*index)) {
      return indexed_groups(*index, n_cols, n_groups_);
    }
  }
  return even_groups(*scales_, n_cols, n_groups_, n_groups_ == 1 ? -1 : group_size);
}

Status CompressedSource::open(LinearTensors& tensors, const formats::QuantScheme& scheme) {
  HEARTH_TRY_VOID(expect_whole_blocks(tensors.shape()));
  HEARTH_TRY_VOID(read_codes(tensors));
  HEARTH_TRY_VOID(read_scales(tensors));
  HEARTH_TRY_VOID(read_zeros(tensors));
  HEARTH_TRY(ColumnOrder order, read_order(tensors, scheme.group_size));
  set_columns(std::move(order), bits_);
  tensors_ = tensors.found();
  return {};
}

void CompressedSource::read_row(std::int64_t row, const GroupedRow& out) const {
  const std::byte* words = codes_->bytes.data() + row * codes_->n_cols() * 4;
  if (order_.inputs.empty()) {
    unpack_bits(words, 1, bits_, out.codes);
  } else {
    std::vector<std::uint8_t> codes(out.codes.size());
    unpack_bits(words, 1, bits_, codes);
    put_in_order(codes, out.codes);
  }
  for (std::size_t g = 0; g < order_.groups.size(); ++g) {
    const std::int64_t group = order_.groups[g];
    out.scales[g] = float_bits(*scales_, scales_->n_elements() == 1 ? 0 : row * n_groups_ + group);
    if (out.zeros.empty()) {
      continue;
    }
    if (zeros_->type == BlockType::kI32) {
      out.zeros[g] = static_cast<std::uint16_t>(unpack_one(
          row, bits_, [&](std::int64_t word) { return element<std::uint32_t>(*zeros_, word * n_groups_ + group); }));
    } else {
      const int zero = static_cast<std::int8_t>(zeros_->bytes[static_cast<std::size_t>(row * n_groups_ + group)]);
      out.zeros[g] = static_cast<std::uint16_t>((zero + (1 << (bits_ - 1))) & ((1 << bits_) - 1));
    }
  }
}

}  // namespace

Result<std::unique_ptr<QuantizedSource>> open_compressed(LinearTensors tensors, const formats::QuantScheme& scheme) {
  auto source = std::make_unique<CompressedSource>();
  HEARTH_TRY_VOID(source->open(tensors, scheme));
  return source;
}

}  // namespace hearth::model
