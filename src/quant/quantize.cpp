#include "quant/quantize.h"

#include "quant/floats.h"
#include "quant/q4_0.h"
#include "quant/q4_1.h"
#include "quant/q4_k.h"
#include "quant/q6_k.h"
#include "quant/q8_0.h"

namespace hearth::quant {

QuantizeRow quantizer(BlockType type) {
  switch (type) {
    case BlockType::kF32:
      return quantize_row_f32;
    case BlockType::kF16:
      return quantize_row_f16;
    case BlockType::kQ4_0:
      return quantize_row_q4_0;
    case BlockType::kQ4_1:
      return quantize_row_q4_1;
    case BlockType::kQ8_0:
      return quantize_row_q8_0;
    case BlockType::kQ4_K:
      return quantize_row_q4_k;
    case BlockType::kQ6_K:
      return quantize_row_q6_k;
    default:
      return nullptr;
  }
}

}  // namespace hearth::quant
