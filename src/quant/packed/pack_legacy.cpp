#include "quant/legacy.h"
#include "quant/packed/pack.h"
#include "quant/packed/panel_writer.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"

namespace hearth::quant::packed {
namespace {

// The values of 32 weights whose neighbours share a byte.
void paired_values(const std::uint8_t (&qs)[16], std::uint8_t (&values)[32]) {
  for (int j = 0; j < 16; ++j) {
    values[2 * j] = qs[j] & 15;
    values[2 * j + 1] = qs[j] >> 4;
  }
}

template <typename Block>
void put_paired_five_bits(const Block& source, PanelWriter out) {
  std::uint8_t values[32];
  paired_values(source.qs, values);
  for (int e = 0; e < 32; ++e) {
    values[e] = static_cast<std::uint8_t>(values[e] | (((source.qh[e / 8] >> (e % 8)) & 1) << 4));
  }
  out.put_fifth_bits(values);
  out.put_nibbles(values);
}

}  // namespace

void pack_block_q4_0_gen1(const PackBlock& block) {
  for_each_row<BlockScale4>(block, [](const BlockScale4& source, PanelWriter out) {
    std::uint8_t values[32];
    paired_values(source.qs, values);
    out.put_f32(source.d);
    out.put_nibbles(values);
  });
}

void pack_block_q4_0_gen2(const PackBlock& block) {
  for_each_row<BlockScale4>(block, [](const BlockScale4& source, PanelWriter out) {
    out.put_f32(source.d);
    out.put_bytes(source.qs, 4);
  });
}

void pack_block_q4_1_gen1(const PackBlock& block) {
  for_each_row<BlockScaleMin4>(block, [](const BlockScaleMin4& source, PanelWriter out) {
    std::uint8_t values[32];
    paired_values(source.qs, values);
    out.put_f32(source.d);
    out.put_f32(source.m);
    out.put_nibbles(values);
  });
}

void pack_block_q4_1_gen2(const PackBlock& block) {
  for_each_row<BlockScaleMin4>(block, [](const BlockScaleMin4& source, PanelWriter out) {
    out.put_f32(source.d);
    out.put_f32(source.m);
    out.put_bytes(source.qs, 4);
  });
}

void pack_block_q5_0_gen1(const PackBlock& block) {
  for_each_row<BlockQ5_0>(block, [](const BlockQ5_0& source, PanelWriter out) {
    out.put_u16(source.d);
    put_paired_five_bits(source, out);
  });
}

void pack_block_q5_1_gen1(const PackBlock& block) {
  for_each_row<BlockQ5_1>(block, [](const BlockQ5_1& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_u16(source.m);
    put_paired_five_bits(source, out);
  });
}

void pack_block_q8_0_gen1(const PackBlock& block) {
  for_each_row<BlockScale8>(block, [](const BlockScale8& source, PanelWriter out) {
    std::uint8_t values[32];
    std::memcpy(values, source.qs, 32);
    out.put_f32(source.d);
    out.put_bytes(values, 8);
  });
}

}  // namespace hearth::quant::packed
