// Quantised matrices over arbitrary tensors: an answer, never a crash or a read beyond the tensors.
//
// The input is a list of tensors of one linear: for each a name out of the suffixes that the formats use, a type, a
// shape and its bytes, cut short where the input ends (such a tensor is left out, as a container's reader would refuse
// it). What is accepted is packed and unpacked from end to end.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "cpu/isa.h"
#include "kernels/kernels.h"
#include "model/quantized_tensors.h"

namespace {

using hearth::formats::Checkpoint;
using hearth::model::QuantizedSource;
using hearth::quant::BlockType;

constexpr const char* kSuffixes[] = {"qweight",           "qzeros",        "scales",       "g_idx",
                                     "q_weight",          "q_scale",       "q_scale_max",  "q_groups",
                                     "q_invperm",         "weight_packed", "weight_scale", "weight_shape",
                                     "weight_zero_point", "weight_g_idx",  "weight",       "weight_scale_inv"};
constexpr BlockType kTypes[] = {BlockType::kI32,  BlockType::kI16, BlockType::kI64,    BlockType::kI8,
                                BlockType::kF16,  BlockType::kF32, BlockType::kF8E4M3, BlockType::kF8E5M2,
                                BlockType::kBf16, BlockType::kU8};
constexpr std::size_t kMaxTensors = 16;

// A tensor: suffix, type, rank, extents (u16), bytes.
bool add_tensor(hearth::base::ByteReader& reader, Checkpoint& checkpoint) {
  const auto head = reader.take(3, "head");
  if (!head) {
    return false;
  }
  const auto number = [&](std::size_t i) { return std::to_integer<std::size_t>((*head)[i]); };
  hearth::formats::TensorView tensor;
  tensor.name = std::string("l.") + kSuffixes[number(0) % std::size(kSuffixes)];
  tensor.type = kTypes[number(1) % std::size(kTypes)];
  tensor.file_index = -1;
  std::uint64_t n_bytes = static_cast<std::uint64_t>(hearth::quant::info(tensor.type).block_bytes);
  for (std::size_t i = 0; i < number(2) % 4; ++i) {
    const auto extent = reader.read<std::uint16_t>("extent");
    if (!extent) {
      return false;
    }
    tensor.shape.push_back(*extent);
    n_bytes *= *extent;
  }
  const auto bytes = reader.take(n_bytes, "bytes");
  if (!bytes) {
    return false;
  }
  tensor.bytes = *bytes;
  checkpoint.tensors.push_back(std::move(tensor));
  return true;
}

void read_all(const QuantizedSource& source, std::int64_t n_rows) {
  const hearth::kernels::KernelTable& table = hearth::kernels::kernel_table(hearth::cpu::IsaLevel::kScalar);
  hearth::kernels::PackedMatrix matrix;
  matrix.panel_rows = table.panel_rows;
  matrix.n_rows = n_rows;
  source.plan(matrix);
  std::vector<std::byte> shared(source.table_bytes());
  source.write_table(matrix, shared.data());
  std::vector<std::byte> panel(static_cast<std::size_t>(matrix.panel_bytes));
  std::vector<float> row(static_cast<std::size_t>(matrix.n_cols));
  matrix.data = reinterpret_cast<const unsigned char*>(panel.data());
  for (std::int64_t first = 0; first < n_rows; first += matrix.panel_rows) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = first; i < first + matrix.panel_rows; ++i) {
      rows.push_back(i < n_rows ? i : hearth::model::kNoRow);
    }
    source.pack_panel(matrix, rows, panel.data());
    table.unpack_row(matrix, 0, row.data());
  }
  for (const std::int32_t input : source.input_order()) {
    if (input < 0 || input >= matrix.n_cols) {
      __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hearth::base::ByteReader reader({reinterpret_cast<const std::byte*>(data), size});
  const auto scheme = reader.read<std::uint8_t>("scheme");
  const auto group_size = reader.read<std::int16_t>("group size");
  const auto n_rows = reader.read<std::uint16_t>("rows");
  const auto n_cols = reader.read<std::uint16_t>("columns");
  if (!n_cols || *n_rows == 0 || *n_cols == 0) {
    return 0;
  }
  constexpr const char* kMethods[] = {"gptq", "awq", "exl2", "fp8", "compressed-tensors"};
  constexpr const char* kVersions[] = {"gemm", "gemv", "gemv_fast"};
  Checkpoint checkpoint;
  checkpoint.convention = hearth::formats::Convention::kHf;
  checkpoint.metadata.set("quantization_config.quant_method", {std::string(kMethods[*scheme % 5])});
  checkpoint.metadata.set("quantization_config.group_size", {std::int64_t{*group_size}});
  if (*scheme % 5 == 1 && *scheme / 5 % 4 != 3) {
    checkpoint.metadata.set("quantization_config.version", {std::string(kVersions[*scheme / 5 % 4])});
  }
  while (checkpoint.tensors.size() < kMaxTensors && add_tensor(reader, checkpoint)) {
  }
  if (!checkpoint.index_tensors()) {
    return 0;
  }
  const auto tensors = hearth::model::QuantizedTensors::open(checkpoint);
  if (!tensors) {
    return 0;
  }
  const auto source = tensors->find({"l", *n_rows, *n_cols});
  if (source && *source != nullptr) {
    read_all(**source, *n_rows);
  }
  return 0;
}
