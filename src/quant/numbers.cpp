// Plain numbers of containers: F64, signed integers, U8 and the two 8-bit floats; one weight per "block".
//
// Source of the 8-bit floats: OCP 8-bit Floating Point Specification 1.0 (E4M3: bias 7, no infinities, all ones are
// NaN; E5M2: the upper half of a binary16).
#include <cmath>
#include <limits>

#include "base/float16.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

template <typename Number>
void convert(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = static_cast<float>(load_block<Number>(blocks, i));
  }
}

float e4m3(unsigned code) {
  const auto exponent = static_cast<int>((code >> 3) & 15);
  const auto mantissa = static_cast<float>(code & 7);
  float magnitude = exponent == 0 ? mantissa * 0x1p-9F : std::ldexp(1.0F + mantissa / 8.0F, exponent - 7);
  if ((code & 127) == 127) {
    magnitude = std::numeric_limits<float>::quiet_NaN();
  }
  return (code & 128) != 0 ? -magnitude : magnitude;
}

}  // namespace

void dequantize_row_f64(const std::byte* blocks, float* values, std::int64_t n) {
  convert<double>(blocks, values, n);
}

void dequantize_row_i8(const std::byte* blocks, float* values, std::int64_t n) {
  convert<std::int8_t>(blocks, values, n);
}

void dequantize_row_i16(const std::byte* blocks, float* values, std::int64_t n) {
  convert<std::int16_t>(blocks, values, n);
}

void dequantize_row_i32(const std::byte* blocks, float* values, std::int64_t n) {
  convert<std::int32_t>(blocks, values, n);
}

void dequantize_row_i64(const std::byte* blocks, float* values, std::int64_t n) {
  convert<std::int64_t>(blocks, values, n);
}

void dequantize_row_u8(const std::byte* blocks, float* values, std::int64_t n) {
  convert<std::uint8_t>(blocks, values, n);
}

void dequantize_row_f8_e4m3(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = e4m3(static_cast<unsigned>(blocks[i]));
  }
}

void dequantize_row_f8_e5m2(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = base::f16_to_f32(static_cast<std::uint16_t>(static_cast<unsigned>(blocks[i]) << 8));
  }
}

}  // namespace hearth::quant
