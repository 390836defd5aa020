#include "model/float8_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "quant/packed/pack_float8.h"

namespace hearth::model {
namespace {

using formats::TensorView;
using quant::BlockType;

class Float8Source final : public QuantizedSource {
 public:
  Status open(LinearTensors& tensors, const formats::QuantScheme& scheme);

  void plan(kernels::PackedMatrix& matrix) const override {
    matrix.kind = weights_->type == BlockType::kF8E4M3 ? kernels::PackedKind::kF8E4M3 : kernels::PackedKind::kF8E5M2;
    matrix.n_cols = weights_->n_cols();
    matrix.panel_bytes = quant::packed::float8_panel_bytes(matrix.n_cols, matrix.panel_rows);
    matrix.scale_cols = scale_cols_;
    matrix.n_scale_cols = n_scale_cols_;
  }
  std::size_t table_bytes() const override { return scales_.size() * sizeof(float); }
  void write_table(kernels::PackedMatrix& matrix, std::byte* table) const override {
    std::memcpy(table, scales_.data(), table_bytes());
    matrix.scales = reinterpret_cast<const float*>(table);
  }
  void pack_panel(const kernels::PackedMatrix& matrix, std::span<const std::int64_t> rows,
                  std::byte* panel) const override;

 private:
  Status read_scales(const LinearTensors& tensors, const TensorView& scales, const formats::QuantScheme& scheme);

  const TensorView* weights_ = nullptr;
  std::vector<float> scales_{1.0F};  // [.., n_scale_cols]
  std::int64_t scale_rows_ = 1;      // rows and columns of weights that share a scale
  std::int64_t scale_cols_ = 1;
  std::int64_t n_scale_cols_ = 1;
};

Status Float8Source::read_scales(const LinearTensors& tensors, const TensorView& scales,
                                 const formats::QuantScheme& scheme) {
  HEARTH_TRY_VOID(tensors.expect_type(scales, {BlockType::kF32, BlockType::kBf16, BlockType::kF16}));
  const LinearShape& shape = tensors.shape();
  const std::int64_t n = scales.n_elements();
  const bool per_row = n == shape.n_rows && (scales.shape.size() == 1 || scales.n_cols() == 1);
  if (n != 1 && per_row) {
    scale_rows_ = 1;
  } else if (n != 1) {
    scale_rows_ = scheme.block_rows;
    scale_cols_ = scheme.block_cols;
    n_scale_cols_ = (shape.n_cols + scale_cols_ - 1) / scale_cols_;
    HEARTH_TRY_VOID(tensors.expect_shape(scales, {(shape.n_rows + scale_rows_ - 1) / scale_rows_, n_scale_cols_}));
  }
  scales_.resize(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    scales_[static_cast<std::size_t>(i)] = float_value(scales, i);
  }
  return {};
}

Status Float8Source::open(LinearTensors& tensors, const formats::QuantScheme& scheme) {
  const LinearShape& shape = tensors.shape();
  HEARTH_TRY(weights_, tensors.require("weight", {BlockType::kF8E4M3, BlockType::kF8E5M2}));
  HEARTH_TRY_VOID(tensors.expect_shape(*weights_, {shape.n_rows, shape.n_cols}));
  scale_rows_ = std::max<std::int64_t>(1, shape.n_rows);
  scale_cols_ = std::max<std::int64_t>(1, shape.n_cols);
  const TensorView* scales = tensors.find("weight_scale_inv");
  if (scales == nullptr) {
    scales = tensors.find("weight_scale");
  }
  if (scales != nullptr) {
    HEARTH_TRY_VOID(read_scales(tensors, *scales, scheme));
  }
  tensors_ = tensors.found();
  return {};
}

void Float8Source::pack_panel(const kernels::PackedMatrix& matrix, std::span<const std::int64_t> rows,
                              std::byte* panel) const {
  std::vector<quant::packed::Float8Row> sources(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != kNoRow) {
      sources[i] = {weights_->bytes.data() + rows[i] * matrix.n_cols, static_cast<std::int32_t>(rows[i] / scale_rows_)};
    }
  }
  quant::packed::pack_float8_panel(sources, matrix.n_cols, panel);
}

}  // namespace

Result<std::unique_ptr<QuantizedSource>> open_float8(LinearTensors tensors, const formats::QuantScheme& scheme) {
  auto source = std::make_unique<Float8Source>();
  HEARTH_TRY_VOID(source->open(tensors, scheme));
  return source;
}

}  // namespace hearth::model
