#include "model/packer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "cpu/isa.h"
#include "kernels/kernels.h"
#include "model/fixture.h"

namespace hearth::model {
namespace {

TEST(PackerTest, PairsAreMovedApartAndTheRestStays) {
  const MatrixSource source = {.n_rows = 12, .head_dim = 6, .order = RowOrder::kFromPairs, .n_rotated = 4};
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < 12; ++row) {
    rows.push_back(source_row(source, row));
  }
  EXPECT_EQ(rows, (std::vector<std::int64_t>{0, 2, 1, 3, 4, 5, 6, 8, 7, 9, 10, 11}));
}

TEST(PackerTest, HeadsAreFoundAmongOthers) {
  // Two heads of two rows follow one another, then two rows of something else.
  const MatrixSource source = {.n_rows = 8, .head_dim = 2, .unit_heads = 2, .unit_rows = 6};
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < 8; ++row) {
    rows.push_back(source_row(source, row));
  }
  EXPECT_EQ(rows, (std::vector<std::int64_t>{0, 1, 2, 3, 6, 7, 8, 9}));
}

std::vector<float> unpacked_row(const kernels::KernelTable& kernels, const kernels::PackedMatrix& matrix,
                                std::int64_t row) {
  std::vector<float> values(static_cast<std::size_t>(matrix.n_cols));
  kernels.unpack_row(matrix, row, values.data());
  return values;
}

TEST(PackerTest, ColumnsOfATransposedTensorAreRows) {
  const kernels::KernelTable& kernels = testing::test_kernels();
  // [in 3, out 4]: element (k, n) is 10 k + n.
  std::vector<float> stored;
  for (int k = 0; k < 3; ++k) {
    for (int n = 0; n < 4; ++n) {
      stored.push_back(static_cast<float>(10 * k + n));
    }
  }
  formats::Checkpoint checkpoint;
  checkpoint.tensors.push_back({.name = "t",
                                .type = quant::BlockType::kF32,
                                .shape = {3, 4},
                                .bytes = std::as_bytes(std::span(stored)),
                                .file_index = -1});
  Packer packer(checkpoint, kernels);
  kernels::PackedMatrix matrix;
  ASSERT_TRUE(packer.plan({.tensor = &checkpoint.tensors[0], .first_row = 1, .n_rows = 3, .transposed = true}, matrix));
  EXPECT_EQ(matrix.n_cols, 3);
  const cpu::MemoryRegion region = packer.pack(1).value();
  EXPECT_EQ(unpacked_row(kernels, matrix, 0), (std::vector<float>{1, 11, 21}));
  EXPECT_EQ(unpacked_row(kernels, matrix, 2), (std::vector<float>{3, 13, 23}));
}

// A tensor in memory must not stay there beside its packed copy, nor go before its last matrix is packed.
TEST(PackerTest, TensorsInMemoryAreFreedAfterTheirLastMatrix) {
  const kernels::KernelTable& kernels = testing::test_kernels();
  formats::Checkpoint checkpoint;
  const std::vector<float> stored = {1, 2, 3, 4, 5, 6, 7, 8};
  for (int i = 0; i < 2; ++i) {
    const auto bytes = std::as_bytes(std::span(stored));
    checkpoint.tensors.push_back({.name = i == 0 ? "fused" : "unread",
                                  .type = quant::BlockType::kF32,
                                  .shape = {4, 2},
                                  .bytes = checkpoint.owned.emplace_back(bytes.begin(), bytes.end()),
                                  .file_index = -1});
  }
  Packer packer(checkpoint, kernels);
  kernels::PackedMatrix first;
  kernels::PackedMatrix second;
  ASSERT_TRUE(packer.plan({.tensor = &checkpoint.tensors[0], .n_rows = 2}, first));
  ASSERT_TRUE(packer.plan({.tensor = &checkpoint.tensors[0], .first_row = 2, .n_rows = 2}, second));
  const cpu::MemoryRegion region = packer.pack(1).value();
  EXPECT_EQ(unpacked_row(kernels, first, 1), (std::vector<float>{3, 4}));
  EXPECT_EQ(unpacked_row(kernels, second, 1), (std::vector<float>{7, 8}));
  EXPECT_TRUE(checkpoint.owned[0].empty());
  EXPECT_EQ(checkpoint.owned[1].size(), 32U);
}

TEST(PackerTest, RefusesToTransposeBlocks) {
  formats::Checkpoint checkpoint;
  checkpoint.tensors.push_back({.name = "t", .type = quant::BlockType::kQ4_0, .shape = {32, 32}});
  Packer packer(checkpoint, testing::test_kernels());
  kernels::PackedMatrix matrix;
  const Status status = packer.plan({.tensor = &checkpoint.tensors[0], .n_rows = 32, .transposed = true}, matrix);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
}

TEST(PackerTest, RefusesRowsThatAreNoWholeBlocks) {
  const kernels::KernelTable& kernels = kernels::kernel_table(cpu::IsaLevel::kScalar);
  formats::Checkpoint checkpoint;
  checkpoint.tensors.push_back({.name = "t", .type = quant::BlockType::kQ4_0, .shape = {2, 40}});
  Packer packer(checkpoint, kernels);
  kernels::PackedMatrix matrix;
  const Status status = packer.plan({.tensor = &checkpoint.tensors[0], .n_rows = 2}, matrix);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorruptFile);
  EXPECT_NE(status.error().message.find("tensor t"), std::string::npos) << status.error().message;
}

TEST(PackerTest, ThreadsPackTheSameBytes) {
  const kernels::KernelTable& kernels = testing::test_kernels();
  formats::Checkpoint checkpoint = testing::open_fixture("gguf-quant-q4_1");
  std::vector<std::vector<std::byte>> packed;
  for (const int n_threads : {1, 3}) {
    Packer packer(checkpoint, kernels);
    std::vector<kernels::PackedMatrix> matrices(2);
    const formats::TensorView* tensors[] = {checkpoint.find("output.weight"), checkpoint.find("blk.0.attn_k.weight")};
    for (std::size_t i = 0; i < 2; ++i) {
      ASSERT_TRUE(packer.plan({.tensor = tensors[i], .n_rows = tensors[i]->n_rows()}, matrices[i]));
    }
    const cpu::MemoryRegion region = packer.pack(n_threads).value();
    packed.emplace_back(region.data(), region.data() + region.size_bytes());
    for (const kernels::PackedMatrix& matrix : matrices) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(matrix.data) % 64, 0U);
    }
  }
  EXPECT_EQ(packed[0], packed[1]);
}

// Rows of one number each: row n is n everywhere, and the table says what it is multiplied with.
class NumberSource final : public QuantizedSource {
 public:
  explicit NumberSource(const formats::TensorView& tensor) { tensors_ = {&tensor}; }
  void plan(kernels::PackedMatrix& matrix) const override {
    matrix.kind = kernels::PackedKind::kF32;
    matrix.n_cols = 2;
    matrix.panel_bytes = 2 * matrix.panel_rows * static_cast<std::int64_t>(sizeof(float));
  }
  std::size_t table_bytes() const override { return sizeof(float); }
  void write_table(kernels::PackedMatrix& matrix, std::byte* table) const override {
    const float factor = 0.5F;
    std::memcpy(table, &factor, sizeof(factor));
    matrix.scales = reinterpret_cast<const float*>(table);
  }
  void pack_panel(const kernels::PackedMatrix& matrix, std::span<const std::int64_t> rows,
                  std::byte* panel) const override {
    for (std::int64_t i = 0; i < 2 * matrix.panel_rows; ++i) {
      const auto value = static_cast<float>(rows[static_cast<std::size_t>(i % matrix.panel_rows)]);
      std::memcpy(panel + i * static_cast<std::int64_t>(sizeof(float)), &value, sizeof(value));
    }
  }
};

TEST(PackerTest, QuantisedSourcesPackRowsOfTheirTensorsBesideATable) {
  const kernels::KernelTable& kernels = testing::test_kernels();
  const std::vector<std::byte> bytes(16);
  formats::Checkpoint checkpoint;
  checkpoint.tensors.push_back({.name = "t", .bytes = bytes, .file_index = -1});
  const auto source = std::make_shared<NumberSource>(checkpoint.tensors[0]);
  Packer packer(checkpoint, kernels);
  kernels::PackedMatrix first;
  kernels::PackedMatrix second;
  ASSERT_TRUE(packer.plan({.quantized = source, .first_row = 100, .n_rows = 21}, first));
  ASSERT_TRUE(packer.plan(
      {.quantized = source, .n_rows = 4, .head_dim = 4, .order = RowOrder::kFromPairs, .n_rotated = 4}, second));
  const auto region = packer.pack(2);
  ASSERT_TRUE(region);
  EXPECT_EQ(*first.scales, 0.5F);
  EXPECT_EQ(*second.scales, 0.5F);
  EXPECT_EQ(unpacked_row(kernels, first, 20), (std::vector<float>{120, 120}));
  EXPECT_EQ(unpacked_row(kernels, second, 1), (std::vector<float>{2, 2}));
  EXPECT_EQ(unpacked_row(kernels, second, 2), (std::vector<float>{1, 1}));
}

}  // namespace
}  // namespace hearth::model
