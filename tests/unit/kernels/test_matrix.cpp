#include "kernels/test_matrix.h"

#include <cstring>

#include "base/float16.h"

namespace hearth::kernels {
namespace {

struct FloatFields {
  int n_fields;
  int offsets[2];
};

// Where a block keeps its f16 factors.
FloatFields f16_fields(quant::BlockType type) {
  switch (type) {
    case quant::BlockType::kQ4_1:
    case quant::BlockType::kQ5_1:
    case quant::BlockType::kQ4_K:
    case quant::BlockType::kQ5_K:
      return {2, {0, 2}};
    case quant::BlockType::kQ2_K:
      return {2, {80, 82}};
    case quant::BlockType::kQ6_K:
      return {1, {208, 0}};
    default:
      return {1, {0, 0}};
  }
}

// Gives every block finite factors (or weights) of a model's size.
void put_floats(quant::BlockType type, std::uint32_t seed, std::vector<std::byte>& rows) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  const auto block_bytes = static_cast<std::size_t>(quant::info(type).block_bytes);
  for (std::size_t at = 0; at < rows.size(); at += block_bytes) {
    if (type == quant::BlockType::kF32) {
      const float value = normal(random);
      std::memcpy(&rows[at], &value, 4);
    } else if (type == quant::BlockType::kBf16) {
      const float value = normal(random);
      std::memcpy(&rows[at], reinterpret_cast<const char*>(&value) + 2, 2);
    } else {
      const FloatFields fields = f16_fields(type);
      for (int i = 0; i < fields.n_fields; ++i) {
        const std::uint16_t half = base::f32_to_f16(normal(random));
        std::memcpy(&rows[at + static_cast<std::size_t>(fields.offsets[i])], &half, 2);
      }
    }
  }
}

unsigned char* align64(std::vector<unsigned char>& storage) {
  const auto address = reinterpret_cast<std::uintptr_t>(storage.data());
  return storage.data() + (64 - address % 64) % 64;
}

}  // namespace

std::vector<float> random_floats(std::int64_t n, std::uint32_t seed, float scale) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, scale);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

std::string level_name(cpu::IsaLevel level) {
  return std::string(cpu::to_string(level));
}

std::vector<std::byte> random_rows(quant::BlockType type, std::int64_t n_rows, std::int64_t n_cols,
                                   std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> rows(static_cast<std::size_t>(n_rows * quant::row_bytes(type, n_cols)));
  for (std::byte& byte : rows) {
    byte = static_cast<std::byte>(random() & 0xFFU);
  }
  put_floats(type, seed, rows);
  return rows;
}

std::vector<std::byte> patterned_rows(quant::BlockType type, std::int64_t n_rows, std::int64_t n_cols, int pattern) {
  std::vector<std::byte> rows(static_cast<std::size_t>(n_rows * quant::row_bytes(type, n_cols)),
                              static_cast<std::byte>(pattern));
  put_floats(type, 1, rows);
  return rows;
}

TestMatrix::TestMatrix(quant::BlockType block_type, std::int64_t n_rows, std::int64_t n_cols, cpu::IsaLevel level,
                       std::uint32_t seed)
    : TestMatrix(block_type, random_rows(block_type, n_rows, n_cols, seed), n_cols, level) {}

TestMatrix::TestMatrix(quant::BlockType block_type, std::vector<std::byte> rows, std::int64_t n_cols,
                       cpu::IsaLevel level)
    : type(block_type), encoded(std::move(rows)) {
  const std::int64_t row_bytes = quant::row_bytes(type, n_cols);
  const std::int64_t n_rows = static_cast<std::int64_t>(encoded.size()) / row_bytes;
  values.resize(static_cast<std::size_t>(n_rows * n_cols));
  for (std::int64_t row = 0; row < n_rows; ++row) {
    quant::info(type).dequantize_row(encoded.data() + row * row_bytes, values.data() + row * n_cols, n_cols);
  }
  packed.kind = *packed_kind(type);
  packed.panel_rows = cpu::panel_rows(level);
  packed.n_rows = n_rows;
  packed.n_cols = n_cols;
  packed.panel_bytes = packed_panel_bytes(packed.kind, n_cols, packed.panel_rows);
  storage.resize(static_cast<std::size_t>(packed.n_panels() * packed.panel_bytes) + 64, 0xA5);
  unsigned char* data = align64(storage);
  packed.data = data;
  for (std::int64_t panel = 0; panel < packed.n_panels(); ++panel) {
    std::vector<const std::byte*> sources(static_cast<std::size_t>(packed.panel_rows), nullptr);
    for (std::int64_t i = 0; i < packed.panel_rows && panel * packed.panel_rows + i < n_rows; ++i) {
      sources[static_cast<std::size_t>(i)] = encoded.data() + (panel * packed.panel_rows + i) * row_bytes;
    }
    pack_panel(type, sources, n_cols, reinterpret_cast<std::byte*>(data + panel * packed.panel_bytes));
  }
}

TestActivations::TestActivations(const KernelTable& table, ActivationKind kind, const std::vector<float>& values,
                                 std::int64_t n_rows) {
  view.kind = kind;
  view.n_rows = n_rows;
  view.n_cols = static_cast<std::int64_t>(values.size()) / n_rows;
  view.row_bytes = table.activation_row_bytes(kind, view.n_cols);
  storage.resize(static_cast<std::size_t>(n_rows * view.row_bytes) + 64);
  unsigned char* data = align64(storage);
  view.data = data;
  for (std::int64_t row = 0; row < n_rows; ++row) {
    table.quantize_row(kind, values.data() + row * view.n_cols, view.n_cols, data + row * view.row_bytes);
  }
}

}  // namespace hearth::kernels
