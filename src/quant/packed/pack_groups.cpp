#include "quant/packed/pack.h"
#include "quant/packed/panel_writer.h"
#include "quant/q4_0.h"
#include "quant/q4_1.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"
#include "quant/q8_0.h"

namespace hearth::quant::packed {
namespace {

template <typename Block>
void five_bit_values(const Block& source, std::uint8_t (&values)[32]) {
  for (int j = 0; j < 16; ++j) {
    const int low = (source.qh[j / 8] >> (j % 8)) & 1;
    const int high = (source.qh[2 + j / 8] >> (j % 8)) & 1;
    values[j] = static_cast<std::uint8_t>((source.qs[j] & 15) | (low << 4));
    values[j + 16] = static_cast<std::uint8_t>((source.qs[j] >> 4) | (high << 4));
  }
}

}  // namespace

void pack_block_u4_scale(const PackBlock& block) {
  for_each_row<BlockQ4_0>(block, [](const BlockQ4_0& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_bytes(source.qs, 4);
  });
}

void pack_block_u4_scale_min(const PackBlock& block) {
  for_each_row<BlockQ4_1>(block, [](const BlockQ4_1& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_u16(source.m);
    out.put_bytes(source.qs, 4);
  });
}

void pack_block_u5_scale(const PackBlock& block) {
  for_each_row<BlockQ5_0>(block, [](const BlockQ5_0& source, PanelWriter out) {
    std::uint8_t values[32];
    five_bit_values(source, values);
    out.put_u16(source.d);
    out.put_fifth_bits(values);
    out.put_nibbles(values);
  });
}

void pack_block_u5_scale_min(const PackBlock& block) {
  for_each_row<BlockQ5_1>(block, [](const BlockQ5_1& source, PanelWriter out) {
    std::uint8_t values[32];
    five_bit_values(source, values);
    out.put_u16(source.d);
    out.put_u16(source.m);
    out.put_fifth_bits(values);
    out.put_nibbles(values);
  });
}

void pack_block_i8_scale(const PackBlock& block) {
  for_each_row<BlockQ8_0>(block, [](const BlockQ8_0& source, PanelWriter out) {
    std::uint8_t values[32];
    std::memcpy(values, source.qs, 32);
    out.put_u16(source.d);
    out.put_bytes(values, 8);
  });
}

}  // namespace hearth::quant::packed
