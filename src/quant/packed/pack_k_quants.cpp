#include "quant/packed/pack.h"
#include "quant/packed/panel_writer.h"
#include "quant/q2_k.h"
#include "quant/q3_k.h"
#include "quant/q4_k.h"
#include "quant/q5_k.h"
#include "quant/q6_k.h"

namespace hearth::quant::packed {
void pack_block_q2_k(const PackBlock& block) {
  for_each_row<BlockQ2_K>(block, [](const BlockQ2_K& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_u16(source.dmin);
    out.put_bytes(source.scales, 4);
    for (int g = 0; g < 8; ++g) {
      std::uint8_t values[32];
      for (int l = 0; l < 32; ++l) {
        values[l] = static_cast<std::uint8_t>((source.qs[32 * (g / 4) + l] >> (2 * (g % 4))) & 3);
      }
      out.put_pairs(values, 0);
    }
  });
}

void pack_block_q3_k(const PackBlock& block) {
  for_each_row<BlockQ3_K>(block, [](const BlockQ3_K& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_bytes(source.scales, 3);
    for (int g = 0; g < 8; ++g) {
      std::uint8_t values[32];
      for (int l = 0; l < 32; ++l) {
        const int low = (source.qs[32 * (g / 4) + l] >> (2 * (g % 4))) & 3;
        values[l] = static_cast<std::uint8_t>(low | (((source.hmask[l] >> g) & 1) << 2));
      }
      out.put_bits(values, 2);
      out.put_pairs(values, 0);
    }
  });
}

void pack_block_q4_k(const PackBlock& block) {
  for_each_row<BlockQ4_K>(block, [](const BlockQ4_K& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_u16(source.dmin);
    out.put_bytes(source.scales, 3);
    for (int g = 0; g < 8; ++g) {
      std::uint8_t values[32];
      for (int l = 0; l < 32; ++l) {
        values[l] = static_cast<std::uint8_t>((source.qs[32 * (g / 2) + l] >> (4 * (g % 2))) & 15);
      }
      out.put_nibbles(values);
    }
  });
}

void pack_block_q5_k(const PackBlock& block) {
  for_each_row<BlockQ5_K>(block, [](const BlockQ5_K& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_u16(source.dmin);
    out.put_bytes(source.scales, 3);
    std::uint8_t values[8][32];
    for (int g = 0; g < 8; ++g) {
      for (int l = 0; l < 32; ++l) {
        const int low = (source.qs[32 * (g / 2) + l] >> (4 * (g % 2))) & 15;
        values[g][l] = static_cast<std::uint8_t>(low | (((source.qh[l] >> g) & 1) << 4));
      }
      out.put_fifth_bits(values[g]);
    }
    for (const auto& group : values) {
      out.put_nibbles(group);
    }
  });
}

void pack_block_q6_k(const PackBlock& block) {
  for_each_row<BlockQ6_K>(block, [](const BlockQ6_K& source, PanelWriter out) {
    std::uint8_t scales[16];
    std::memcpy(scales, source.scales, 16);
    out.put_u16(source.d);
    out.put_bytes(scales, 4);
    for (int g = 0; g < 8; ++g) {
      const int c = g / 4;
      const int j = g % 4;
      std::uint8_t values[32];
      for (int l = 0; l < 32; ++l) {
        const int low = (source.ql[64 * c + 32 * (j & 1) + l] >> (4 * (j >> 1))) & 15;
        values[l] = static_cast<std::uint8_t>(low | (((source.qh[32 * c + l] >> (2 * j)) & 3) << 4));
      }
      out.put_pairs(values, 4);
      out.put_nibbles(values);
    }
  });
}

}  // namespace hearth::quant::packed
