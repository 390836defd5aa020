// AWQ, 4 bits: the layouts gemm, gemv and gemv_fast of AutoAWQ (awq/modules/linear and awq/utils/packing_utils.py).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/grouped_source.h"

namespace hearth::model {
namespace {

using formats::AwqVersion;
using formats::TensorView;
using quant::BlockType;

constexpr int kBits = 4;

// The tensors of one matrix, each checked against the others.
struct AwqTensors {
  const TensorView* codes = nullptr;
  const TensorView* scales = nullptr;
  const TensorView* zeros = nullptr;  // null: 8 everywhere
};

Result<AwqTensors> find_tensors(LinearTensors& tensors) {
  AwqTensors out;
  HEARTH_TRY(out.codes, tensors.require("qweight", {BlockType::kI32, BlockType::kI16}));
  HEARTH_TRY(out.scales, tensors.require("scales", {BlockType::kF16, BlockType::kBf16, BlockType::kF32}));
  out.zeros = tensors.find("qzeros");
  for (const TensorView* tensor : {out.codes, out.scales, out.zeros}) {
    if (tensor != nullptr && tensor->shape.size() != 2) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("tensor {}: expected 2 dimensions, found {}", tensor->name, tensor->shape.size()));
    }
  }
  return out;
}

// Where column i of eight lies in a dword: nibble kPlaceOf[i].
constexpr std::array<int, 8> kPlaceOf = {0, 4, 1, 5, 2, 6, 3, 7};

std::uint32_t interleaved_nibble(const TensorView& tensor, std::int64_t line, std::int64_t column) {
  const std::uint32_t word = element<std::uint32_t>(tensor, line * tensor.shape.back() + column / 8);
  return (word >> (kBits * kPlaceOf[static_cast<std::size_t>(column % 8)])) & 15U;
}

// gemm: [n_cols, n_out / 8] and zeros [n_groups, n_out / 8], eight outputs interleaved in a dword.
class AwqGemm final : public GroupedSource {
 public:
  Status open(LinearTensors& tensors, const AwqTensors& parts, std::int64_t group_size) {
    parts_ = parts;
    const LinearShape& shape = tensors.shape();
    const std::int64_t n_words = parts.codes->shape.back();
    n_out_ = n_words <= shape.n_rows && holds_rows(8 * n_words, shape.n_rows) ? 8 * n_words : shape.n_rows;
    HEARTH_TRY_VOID(tensors.expect_shape(*parts.codes, {shape.n_cols, n_out_ / 8}));
    const std::int64_t n_groups = parts.scales->shape.front();
    HEARTH_TRY_VOID(tensors.expect_shape(*parts.scales, {n_groups, n_out_}));
    if (parts.zeros != nullptr) {
      HEARTH_TRY_VOID(tensors.expect_type(*parts.zeros, {BlockType::kI32}));
      HEARTH_TRY_VOID(tensors.expect_shape(*parts.zeros, {n_groups, n_out_ / 8}));
      zero_ = quant::packed::GroupZero::kStored;
    }
    scale_ = group_scale(parts.scales->type);
    HEARTH_TRY(ColumnOrder order, even_groups(*parts.scales, shape.n_cols, n_groups, group_size));
    set_columns(std::move(order), kBits);
    tensors_ = tensors.found();
    return {};
  }

 protected:
  void read_row(std::int64_t row, const GroupedRow& out) const override {
    for (std::size_t k = 0; k < out.codes.size(); ++k) {
      out.codes[k] = static_cast<std::uint8_t>(interleaved_nibble(*parts_.codes, static_cast<std::int64_t>(k), row));
    }
    for (std::size_t g = 0; g < out.scales.size(); ++g) {
      const auto group = static_cast<std::int64_t>(g);
      out.scales[g] = float_bits(*parts_.scales, group * n_out_ + row);
      if (!out.zeros.empty()) {
        out.zeros[g] = static_cast<std::uint16_t>(interleaved_nibble(*parts_.zeros, group, row));
      }
    }
  }

 private:
  AwqTensors parts_;
  std::int64_t n_out_ = 0;
};

// The groups of the layouts whose scales are padded, so that their number does not tell.
Result<ColumnOrder> said_groups(const LinearTensors& tensors, const AwqTensors& parts, std::int64_t group_size) {
  const LinearShape& shape = tensors.shape();
  if (group_size == 0) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: quantization_config.group_size is missing", parts.scales->name));
  }
  const std::int64_t size = group_size == -1 ? shape.n_cols : group_size;
  return even_groups(*parts.scales, shape.n_cols, (shape.n_cols + size - 1) / size, size);
}

// gemv: [n_out, n_cols / 8] in natural order; scales [n_out, 8 * w] and zeros [n_out, w], w padded.
class AwqGemv final : public GroupedSource {
 public:
  Status open(LinearTensors& tensors, const AwqTensors& parts, std::int64_t group_size) {
    parts_ = parts;
    const LinearShape& shape = tensors.shape();
    HEARTH_TRY_VOID(tensors.expect_shape(*parts.codes, {shape.n_rows, shape.n_cols / 8}));
    HEARTH_TRY(ColumnOrder order, said_groups(tensors, parts, group_size));
    const auto n_words = (static_cast<std::int64_t>(order.sizes.size()) + 7) / 8;
    const std::int64_t width = std::max(n_words, parts.scales->shape.back() / 8);
    HEARTH_TRY_VOID(tensors.expect_shape(*parts.scales, {shape.n_rows, 8 * width}));
    if (parts.zeros != nullptr) {
      HEARTH_TRY_VOID(tensors.expect_type(*parts.zeros, {BlockType::kI32}));
      HEARTH_TRY_VOID(tensors.expect_shape(*parts.zeros, {shape.n_rows, width}));
      zero_ = quant::packed::GroupZero::kStored;
    }
    scale_ = group_scale(parts.scales->type);
    set_columns(std::move(order), kBits);
    tensors_ = tensors.found();
    return {};
  }

 protected:
  void read_row(std::int64_t row, const GroupedRow& out) const override {
    unpack_bits(parts_.codes->bytes.data() + row * parts_.codes->shape.back() * 4, 1, kBits, out.codes);
    const std::int64_t width = parts_.scales->shape.back();
    for (std::size_t g = 0; g < out.scales.size(); ++g) {
      out.scales[g] = float_bits(*parts_.scales, row * width + static_cast<std::int64_t>(g));
      if (!out.zeros.empty()) {
        out.zeros[g] =
            static_cast<std::uint16_t>(unpack_one(static_cast<std::int64_t>(g), kBits, [&](std::int64_t word) {
              return element<std::uint32_t>(*parts_.zeros, row * (width / 8) + word);
            }));
      }
    }
  }

 private:
  AwqTensors parts_;
};

// Position of input k (0..31) among the 32 nibbles of a block of gemv_fast. Pairs are dealt out to four octets, and
// within an octet even positions come first.
constexpr std::array<int, 32> make_fast_places() {
  constexpr std::array<int, 8> kOctet = {0, 2, 4, 6, 1, 3, 5, 7};
  std::array<int, 32> places{};
  for (int place = 0; place < 32; ++place) {
    const int dealt = place / 8 * 8 + kOctet[static_cast<std::size_t>(place % 8)];
    const int input = dealt % 8 / 2 * 8 + dealt / 8 * 2 + dealt % 2;
    places[static_cast<std::size_t>(input)] = place;
  }
  return places;
}

// gemv_fast: int16 [n_out / 4, n_cols], four rows in strips of 64 columns; scales [8 * w, n_out] and f16 offsets.
class AwqGemvFast final : public GroupedSource {
 public:
  Status open(LinearTensors& tensors, const AwqTensors& parts, std::int64_t group_size) {
    parts_ = parts;
    const LinearShape& shape = tensors.shape();
    if (shape.n_cols % 64 != 0 || shape.n_rows % 4 != 0) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("{}: expected multiples of 4 outputs and 64 inputs in the AWQ layout gemv_fast, "
                              "found {} and {}",
                              shape.name, shape.n_rows, shape.n_cols));
    }
    HEARTH_TRY_VOID(tensors.expect_shape(*parts.codes, {shape.n_rows / 4, shape.n_cols}));
    HEARTH_TRY(ColumnOrder order, said_groups(tensors, parts, group_size));
    const std::int64_t n_lines = std::max(static_cast<std::int64_t>(order.sizes.size()), parts.scales->shape.front());
    HEARTH_TRY_VOID(tensors.expect_shape(*parts.scales, {n_lines, shape.n_rows}));
    HEARTH_TRY(parts_.zeros, tensors.require("qzeros", {BlockType::kF16}));
    HEARTH_TRY_VOID(tensors.expect_shape(*parts_.zeros, {n_lines, shape.n_rows}));
    n_out_ = shape.n_rows;
    scale_ = group_scale(parts.scales->type);
    zero_ = quant::packed::GroupZero::kOffset;
    set_columns(std::move(order), kBits);
    tensors_ = tensors.found();
    return {};
  }

 protected:
  void read_row(std::int64_t row, const GroupedRow& out) const override {
    static constexpr std::array<int, 32> kPlaces = make_fast_places();
    const auto n_cols = static_cast<std::int64_t>(out.codes.size());
    for (std::int64_t k = 0; k < n_cols; ++k) {
      const std::int64_t within = k / 32 % 2 * 32 + kPlaces[static_cast<std::size_t>(k % 32)];
      const std::int64_t nibble = (k / 64 * 4 + row % 4) * 64 + within;
      const std::uint16_t word = element<std::uint16_t>(*parts_.codes, row / 4 * n_cols + nibble / 4);
      out.codes[static_cast<std::size_t>(k)] = static_cast<std::uint8_t>((word >> (kBits * (nibble % 4))) & 15);
    }
    for (std::size_t g = 0; g < out.scales.size(); ++g) {
      const std::int64_t at = static_cast<std::int64_t>(g) * n_out_ + row;
      out.scales[g] = float_bits(*parts_.scales, at);
      out.zeros[g] = element<std::uint16_t>(*parts_.zeros, at);
    }
  }

 private:
  AwqTensors parts_;
  std::int64_t n_out_ = 0;
};

AwqVersion version_by_shape(const AwqTensors& parts) {
  if (parts.codes->type == BlockType::kI16) {
    return AwqVersion::kGemvFast;
  }
  const std::int64_t n_scales = parts.scales->shape.back();
  const bool by_output = n_scales % 8 == 0 && parts.codes->shape.back() == n_scales / 8;
  return by_output ? AwqVersion::kGemm : AwqVersion::kGemv;
}

template <typename Source>
Result<std::unique_ptr<QuantizedSource>> open_as(LinearTensors& tensors, const AwqTensors& parts,
                                                 std::int64_t group_size) {
  auto source = std::make_unique<Source>();
  HEARTH_TRY_VOID(source->open(tensors, parts, group_size));
  return source;
}

}  // namespace

Result<std::unique_ptr<QuantizedSource>> open_awq(LinearTensors tensors, const formats::QuantScheme& scheme) {
  HEARTH_TRY_VOID(expect_whole_blocks(tensors.shape()));
  HEARTH_TRY(const AwqTensors parts, find_tensors(tensors));
  const AwqVersion version = scheme.awq_version == AwqVersion::kByShape ? version_by_shape(parts) : scheme.awq_version;
  if (version == AwqVersion::kGemvFast) {
    HEARTH_TRY_VOID(tensors.expect_type(*parts.codes, {BlockType::kI16}));
    return open_as<AwqGemvFast>(tensors, parts, scheme.group_size);
  }
  HEARTH_TRY_VOID(tensors.expect_type(*parts.codes, {BlockType::kI32}));
  return version == AwqVersion::kGemm ? open_as<AwqGemm>(tensors, parts, scheme.group_size)
                                      : open_as<AwqGemv>(tensors, parts, scheme.group_size);
}

}  // namespace hearth::model
