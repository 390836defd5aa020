// F32, F16 and BF16: one weight per "block".
//
// Source: IEEE 754 binary32 and binary16; BF16 is the upper half of a binary32 (GGML types F32, F16, BF16).
// Decoded exactly. Called through BlockTypeInfo::dequantize_row.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

void dequantize_row_f32(const std::byte* blocks, float* values, std::int64_t n);
void dequantize_row_f16(const std::byte* blocks, float* values, std::int64_t n);
void dequantize_row_bf16(const std::byte* blocks, float* values, std::int64_t n);

void quantize_row_f32(const float* values, std::byte* blocks, std::int64_t n);
void quantize_row_f16(const float* values, std::byte* blocks, std::int64_t n);

}  // namespace hearth::quant
