#include "kernels/test_matrix.h"

#include <bit>
#include <cstring>
#include <type_traits>

#include "base/float16.h"

namespace hearth::kernels {
namespace {

using quant::BlockType;

// Writes numbers of a model's size into the fields of a block.
class BlockFields {
 public:
  BlockFields(std::byte* block, std::mt19937& random) : block_(block), random_(random) {}

  void f16(std::size_t at) { put(at, base::f32_to_f16(value())); }
  void bf16(std::size_t at) { put(at, static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value()) >> 16)); }
  void f32(std::size_t at) { put(at, value()); }
  void f64(std::size_t at) { put(at, static_cast<double>(value())); }
  template <typename Number>
  void small_integer() {
    put(0, static_cast<Number>(static_cast<int>(random_() % 101) - (std::is_signed_v<Number> ? 50 : 0)));
  }
  // A byte of the range.
  void byte(std::size_t at, unsigned low, unsigned high) {
    put(at, static_cast<std::uint8_t>(low + random_() % (high - low + 1)));
  }
  // An f16 in the top nibbles of four words.
  void scattered_f16(std::size_t at) {
    const unsigned half = base::f32_to_f16(value());
    for (std::size_t i = 0; i < 4; ++i) {
      std::byte& top = block_[at + 2 * i + 1];
      top = static_cast<std::byte>((static_cast<unsigned>(top) & 15U) | (((half >> (4 * i)) & 15U) << 4));
    }
  }

 private:
  float value() { return std::normal_distribution<float>(0.0F, 0.02F)(random_); }
  template <typename Number>
  void put(std::size_t at, Number number) {
    std::memcpy(block_ + at, &number, sizeof(number));
  }

  std::byte* block_;
  std::mt19937& random_;
};

// Where a block of a container's numbers or of 2023 keeps what is no integer of any value.
void put_plain(BlockType type, BlockFields fields) {
  switch (type) {
    case BlockType::kF32:
      return fields.f32(0);
    case BlockType::kBf16:
      return fields.bf16(0);
    case BlockType::kF64:
      return fields.f64(0);
    case BlockType::kI8:
      return fields.small_integer<std::int8_t>();
    case BlockType::kU8:
      return fields.small_integer<std::uint8_t>();
    case BlockType::kI16:
      return fields.small_integer<std::int16_t>();
    case BlockType::kI32:
      return fields.small_integer<std::int32_t>();
    case BlockType::kI64:
      return fields.small_integer<std::int64_t>();
    case BlockType::kF8E4M3:
    case BlockType::kF8E5M2:
      return fields.byte(0, 0, 0x3C);
    default:
      return fields.f16(0);
  }
}

void put_floats(BlockType type, BlockFields fields) {
  switch (type) {
    case BlockType::kQ4_1:
    case BlockType::kQ5_1:
    case BlockType::kQ4_K:
    case BlockType::kQ5_K:
    case BlockType::kQ4_3:
    case BlockType::kQ5_1Gen1:
      fields.f16(0);
      return fields.f16(2);
    case BlockType::kQ4_1O:
      fields.f16(0);
      fields.f16(2);
      fields.byte(4, 0, 40);
      fields.byte(5, 0, 0);
      return fields.f16(6);
    case BlockType::kQ2_K:
      fields.f16(80);
      return fields.f16(82);
    case BlockType::kQ3_K:
      return fields.f16(108);
    case BlockType::kQ6_K:
      return fields.f16(208);
    case BlockType::kTQ1_0:
      return fields.f16(52);
    case BlockType::kTQ2_0:
      return fields.f16(64);
    case BlockType::kIQ1_M:
      return fields.scattered_f16(48);
    case BlockType::kMxfp4:
      return fields.byte(0, 115, 122);
    case BlockType::kNvfp4:
      for (std::size_t i = 0; i < 4; ++i) {
        fields.byte(i, 0, 0x28);
      }
      return;
    case BlockType::kQ4_0Gen1:
    case BlockType::kQ4_0Gen2:
    case BlockType::kQ8_0Gen1:
    case BlockType::kQ8_K:
      return fields.f32(0);
    case BlockType::kQ4_1Gen1:
    case BlockType::kQ4_1Gen2:
      fields.f32(0);
      return fields.f32(4);
    default:
      return put_plain(type, fields);
  }
}

// Gives every block finite factors (or weights) of a model's size.
void put_floats(BlockType type, std::uint32_t seed, std::vector<std::byte>& rows) {
  std::mt19937 random(seed);
  const auto block_bytes = static_cast<std::size_t>(quant::info(type).block_bytes);
  for (std::size_t at = 0; at < rows.size(); at += block_bytes) {
    put_floats(type, BlockFields(&rows[at], random));
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
  packed = plan_matrix(type, n_rows, n_cols, cpu::panel_rows(level)).value();
  storage.resize(static_cast<std::size_t>(packed.n_panels() * packed.panel_bytes) + 64, 0xA5);
  unsigned char* data = align64(storage);
  packed.data = data;
  for (std::int64_t panel = 0; panel < packed.n_panels(); ++panel) {
    std::vector<const std::byte*> sources(static_cast<std::size_t>(packed.panel_rows), nullptr);
    for (std::int64_t i = 0; i < packed.panel_rows && panel * packed.panel_rows + i < n_rows; ++i) {
      sources[static_cast<std::size_t>(i)] = encoded.data() + (panel * packed.panel_rows + i) * row_bytes;
    }
    pack_panel(type, packed, sources, reinterpret_cast<std::byte*>(data + panel * packed.panel_bytes));
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
