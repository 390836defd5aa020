// The blocks of ggml files of spring 2023, before their layouts became today's.
//
// Generation 1: ggml, ggmf and ggjt 1; generation 2: ggjt 2 (2023-05-12); since ggjt 3 the blocks are those of GGUF.
// "Paired": byte j of qs holds weights 2 j (low nibble) and 2 j + 1. "Split": weights j and j + n / 2, as today.
// Source: ggml.c of llama.cpp at those dates; Q4_1_O: rwkv.cpp of April 2023. Read by legacy.cpp and by packing.
#pragma once

#include <cstdint>

namespace hearth::quant {

struct BlockScale4 {    // Q4_0 of generation 1 (paired) and 2 (split): d * (q - 8)
  float d;              // 0
  std::uint8_t qs[16];  // 4
};
static_assert(sizeof(BlockScale4) == 20);

struct BlockScaleMin4 {  // Q4_1 of generation 1 (paired) and 2 (split): d * q + m
  float d;               // 0
  float m;               // 4
  std::uint8_t qs[16];   // 8
};
static_assert(sizeof(BlockScaleMin4) == 24);

struct BlockQ4_2 {     // 16 weights, paired: d * (q - 8)
  std::uint16_t d;     // 0: binary16
  std::uint8_t qs[8];  // 2
};
static_assert(sizeof(BlockQ4_2) == 10);

struct BlockQ4_3 {     // 16 weights, paired: d * q + m
  std::uint16_t d;     // 0: binary16
  std::uint16_t m;     // 2: binary16
  std::uint8_t qs[8];  // 4
};
static_assert(sizeof(BlockQ4_3) == 12);

struct BlockScale8 {   // Q8_0 of generations 1 and 2: d * q
  float d;             // 0
  std::int8_t qs[32];  // 4
};
static_assert(sizeof(BlockScale8) == 36);

struct BlockQ4_1O {             // paired: d * q + m, but for one weight that is stored as it is
  std::uint16_t d;              // 0: binary16
  std::uint16_t m;              // 2: binary16
  std::uint16_t outlier_index;  // 4: which weight
  std::uint16_t outlier;        // 6: its value, binary16
  std::uint8_t qs[16];          // 8
};
static_assert(sizeof(BlockQ4_1O) == 24);

// Q5_0 and Q5_1 of generation 1 are BlockQ5_0 and BlockQ5_1 with paired nibbles.

}  // namespace hearth::quant
