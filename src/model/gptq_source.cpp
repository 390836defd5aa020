// GPTQ: codes packed down the input, zeros along the output, groups in order or by g_idx (act-order).
// Layout: AutoGPTQ and GPTQModel, qlinear_cuda.py and torch.py of those projects.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "model/grouped_source.h"

namespace hearth::model {
namespace {

using formats::GptqZeros;
using formats::TensorView;
using quant::BlockType;

// Dword `word` of a stream whose numbers of `bits` are all `number`.
std::uint32_t repeated(std::int64_t word, int bits, std::uint32_t number) {
  std::uint32_t out = 0;
  for (int i = 0; i < 32; ++i) {
    out |= ((number >> ((32 * word + i) % bits)) & 1U) << i;
  }
  return out;
}

// How stored zeros become zeros: a dword is added to each dword, then a number to each number.
struct ZeroCorrection {
  std::array<std::uint32_t, 3> words = {};  // dword w gets words[w % 3]
  std::uint32_t number = 0;
};

ZeroCorrection zero_correction(GptqZeros zeros, int bits) {
  if (zeros == GptqZeros::kPlain) {
    return {};
  }
  if (bits == 3) {
    // convert_gptq_v2_to_v1_format_module subtracts these constants, which are no ones in every lane.
    return zeros == GptqZeros::kGptqModel ? ZeroCorrection{.words = {0x24924924U, 0x92492492U, 0x49249249U}}
                                          : ZeroCorrection{.number = 1};
  }
  // Whole dwords, with carries: where a zero of 0 was stored as -1, its neighbours come out right too.
  const std::uint32_t ones = repeated(0, bits, 1);
  return {.words = {ones, ones, ones}};
}

class GptqSource final : public GroupedSource {
 public:
  Status open(LinearTensors& tensors, const formats::QuantScheme& scheme);

 protected:
  void read_row(std::int64_t row, const GroupedRow& out) const override;

 private:
  Status read_bits(LinearTensors& tensors);
  Result<ColumnOrder> read_order(LinearTensors& tensors, const formats::QuantScheme& scheme);
  Status read_zeros(LinearTensors& tensors, GptqZeros zeros);
  std::uint32_t zero_word(std::int64_t group, std::int64_t word) const;

  const TensorView* codes_ = nullptr;   // [n_cols * bits / 32, n_out]
  const TensorView* scales_ = nullptr;  // [n_groups, n_out]
  const TensorView* zeros_ = nullptr;   // [n_groups, n_out * bits / 32]
  std::int64_t n_out_ = 0;              // outputs of the tensors, padding included
  std::int64_t n_zero_words_ = 0;
  int bits_ = 0;
  ZeroCorrection correction_;
};

Status GptqSource::read_bits(LinearTensors& tensors) {
  const LinearShape& shape = tensors.shape();
  HEARTH_TRY(codes_, tensors.require("qweight", {BlockType::kI32}));
  const bool is_matrix = codes_->shape.size() == 2;
  const std::int64_t n_words = is_matrix ? codes_->shape.front() : 0;
  n_out_ = is_matrix ? codes_->shape.back() : 0;
  for (const int bits : {2, 3, 4, 8}) {
    if (n_words == shape.n_cols / 32 * bits) {
      bits_ = bits;
    }
  }
  if (bits_ == 0 || !holds_rows(n_out_, shape.n_rows)) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("tensor {}: expected [{} * bits / 32, {}] of 2, 3, 4 or 8 bits, found [{}, {}]",
                            codes_->name, shape.n_cols, shape.n_rows, n_words, n_out_));
  }
  return {};
}

Result<ColumnOrder> GptqSource::read_order(LinearTensors& tensors, const formats::QuantScheme& scheme) {
  const std::int64_t n_cols = tensors.shape().n_cols;
  const std::int64_t n_groups = scales_->shape.front();
  const TensorView* index = tensors.find("g_idx");
  if (index != nullptr) {
    HEARTH_TRY_VOID(tensors.expect_type(*index, {BlockType::kI32}));
    HEARTH_TRY_VOID(tensors.expect_shape(*index, {n_cols}));
    if (n_groups > 1 && !is_all_zero(*index)) {
      return indexed_groups(*index, n_cols, n_groups);
    }
  }
  return even_groups(*scales_, n_cols, n_groups, scheme.group_size);
}

std::uint32_t GptqSource::zero_word(std::int64_t group, std::int64_t word) const {
  return element<std::uint32_t>(*zeros_, group * n_zero_words_ + word) +
         correction_.words[static_cast<std::size_t>(word % 3)];
}

Status GptqSource::read_zeros(LinearTensors& tensors, GptqZeros zeros) {
  zeros_ = tensors.find("qzeros");
  if (zeros_ == nullptr) {
    return {};
  }
  HEARTH_TRY_VOID(tensors.expect_type(*zeros_, {BlockType::kI32}));
  n_zero_words_ = (n_out_ * bits_ + 31) / 32;
  HEARTH_TRY_VOID(tensors.expect_shape(*zeros_, {scales_->shape.front(), n_zero_words_}));
  correction_ = zero_correction(zeros, bits_);
  std::array<std::uint32_t, 3> middle{};
  for (std::int64_t word = 0; word < 3; ++word) {
    middle[static_cast<std::size_t>(word)] = repeated(word, bits_, (1U << (bits_ - 1)) - correction_.number);
  }
  for (std::int64_t group = 0; group < scales_->shape.front(); ++group) {
    for (std::int64_t word = 0; word < n_zero_words_; ++word) {
      if (zero_word(group, word) != middle[static_cast<std::size_t>(word % 3)]) {
        zero_ = quant::packed::GroupZero::kStored;
        return {};
      }
    }
  }
  return {};  // symmetric: every zero is in the middle
}

Status GptqSource::open(LinearTensors& tensors, const formats::QuantScheme& scheme) {
  HEARTH_TRY_VOID(expect_whole_blocks(tensors.shape()));
  HEARTH_TRY_VOID(read_bits(tensors));
  HEARTH_TRY(scales_, tensors.require("scales", {BlockType::kF16, BlockType::kBf16, BlockType::kF32}));
  const std::int64_t n_groups = scales_->shape.size() == 2 ? scales_->shape.front() : 0;
  HEARTH_TRY_VOID(tensors.expect_shape(*scales_, {std::max<std::int64_t>(1, n_groups), n_out_}));
  scale_ = group_scale(scales_->type);
  HEARTH_TRY(ColumnOrder order, read_order(tensors, scheme));
  HEARTH_TRY_VOID(read_zeros(tensors, scheme.gptq_zeros));
  set_columns(std::move(order), bits_);
  tensors_ = tensors.found();
  return {};
}

void GptqSource::read_row(std::int64_t row, const GroupedRow& out) const {
  const std::byte* words = codes_->bytes.data() + row * 4;
  if (order_.inputs.empty()) {
    unpack_bits(words, n_out_, bits_, out.codes);
  } else {
    std::vector<std::uint8_t> codes(out.codes.size());
    unpack_bits(words, n_out_, bits_, codes);
    put_in_order(codes, out.codes);
  }
  for (std::size_t g = 0; g < order_.groups.size(); ++g) {
    const std::int64_t group = order_.groups[g];
    out.scales[g] = float_bits(*scales_, group * n_out_ + row);
    if (!out.zeros.empty()) {
      const std::uint32_t stored = unpack_one(row, bits_, [&](std::int64_t word) { return zero_word(group, word); });
      out.zeros[g] = static_cast<std::uint16_t>((stored + correction_.number) & ((1U << bits_) - 1));
    }
  }
}

}  // namespace

Result<std::unique_ptr<QuantizedSource>> open_gptq(LinearTensors tensors, const formats::QuantScheme& scheme) {
  auto source = std::make_unique<GptqSource>();
  HEARTH_TRY_VOID(source->open(tensors, scheme));
  return source;
}

}  // namespace hearth::model
