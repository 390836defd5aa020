#include "quant/floats.h"

#include <cstring>

#include "base/float16.h"
#include "quant/load_block.h"

namespace hearth::quant {

void dequantize_row_f32(const std::byte* blocks, float* values, std::int64_t n) {
  std::memcpy(values, blocks, static_cast<std::size_t>(n) * sizeof(float));
}

void dequantize_row_f16(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = base::f16_to_f32(load_block<std::uint16_t>(blocks, i));
  }
}

void dequantize_row_bf16(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = base::bf16_to_f32(load_block<std::uint16_t>(blocks, i));
  }
}

void quantize_row_f32(const float* values, std::byte* blocks, std::int64_t n) {
  std::memcpy(blocks, values, static_cast<std::size_t>(n) * sizeof(float));
}

void quantize_row_f16(const float* values, std::byte* blocks, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    store_block(blocks, i, base::f32_to_f16(values[i]));
  }
}

}  // namespace hearth::quant
