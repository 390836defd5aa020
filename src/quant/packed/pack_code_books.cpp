#include "quant/iq4_xs.h"
#include "quant/mxfp4.h"
#include "quant/packed/pack.h"
#include "quant/packed/panel_writer.h"
#include "quant/q4_0.h"

namespace hearth::quant::packed {
void pack_block_iq4_nl(const PackBlock& block) {
  for_each_row<BlockQ4_0>(block, [](const BlockQ4_0& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_bytes(source.qs, 4);
  });
}

void pack_block_mxfp4(const PackBlock& block) {
  for_each_row<BlockMxfp4>(block, [](const BlockMxfp4& source, PanelWriter out) {
    out.put_u8(source.exponent);
    out.put_bytes(source.qs, 4);
  });
}

void pack_block_iq4_xs(const PackBlock& block) {
  for_each_row<BlockIQ4_XS>(block, [](const BlockIQ4_XS& source, PanelWriter out) {
    out.put_u16(source.d);
    out.put_u16(source.scales_high);
    out.put_bytes(source.scales_low, 1);
    out.put_bytes(source.qs, 32);
  });
}

}  // namespace hearth::quant::packed
