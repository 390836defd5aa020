// GEMM, exact GEMM and unpacking of the kinds with groups of 32. Instantiated by kernels/isa/<level>/gemm_groups.cpp.
#pragma once

#include "kernels/generic/entry_points.h"
#include "kernels/generic/float_gemm.h"
#include "kernels/generic/gemm.h"
#include "quant/packed/group4.h"
#include "quant/packed/group5.h"
#include "quant/packed/int8.h"

namespace hearth::kernels::generic {

template <typename Isa>
void gemm_groups(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kU4Scale:
      return gemm<Isa, U4Scale<Isa>>(w, x, range, out);
    case PackedKind::kU4ScaleF32:
      return gemm<Isa, U4Scale<Isa, F32Loader<Isa>>>(w, x, range, out);
    case PackedKind::kU4ScaleMin:
      return gemm<Isa, U4ScaleMin<Isa>>(w, x, range, out);
    case PackedKind::kU4ScaleMinF32:
      return gemm<Isa, U4ScaleMin<Isa, F32Loader<Isa>>>(w, x, range, out);
    case PackedKind::kU5Scale:
      return gemm<Isa, U5Scale<Isa>>(w, x, range, out);
    case PackedKind::kU5ScaleMin:
      return gemm<Isa, U5ScaleMin<Isa>>(w, x, range, out);
    case PackedKind::kI8ScaleF32:
      return gemm<Isa, I8Scale<Isa, F32Loader<Isa>>>(w, x, range, out);
    default:
      return gemm<Isa, I8Scale<Isa>>(w, x, range, out);
  }
}

template <typename Isa>
void exact_groups(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kU4Scale:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, U4Scale<Isa>>>(w, x, range, out);
    case PackedKind::kU4ScaleF32:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, U4Scale<Isa, F32Loader<Isa>>>>(w, x, range, out);
    case PackedKind::kU4ScaleMin:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, U4ScaleMin<Isa>>>(w, x, range, out);
    case PackedKind::kU4ScaleMinF32:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, U4ScaleMin<Isa, F32Loader<Isa>>>>(w, x, range, out);
    case PackedKind::kU5Scale:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, U5Scale<Isa>>>(w, x, range, out);
    case PackedKind::kU5ScaleMin:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, U5ScaleMin<Isa>>>(w, x, range, out);
    case PackedKind::kI8ScaleF32:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, I8Scale<Isa, F32Loader<Isa>>>>(w, x, range, out);
    default:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, I8Scale<Isa>>>(w, x, range, out);
  }
}

template <typename Isa>
void unpack_row_groups(const PackedMatrix& w, std::int64_t row, float* values) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kU4Scale:
      return unpack_row<Isa, UnpackBlocks<Isa, U4Scale<Isa>>>(w, row, values);
    case PackedKind::kU4ScaleF32:
      return unpack_row<Isa, UnpackBlocks<Isa, U4Scale<Isa, F32Loader<Isa>>>>(w, row, values);
    case PackedKind::kU4ScaleMin:
      return unpack_row<Isa, UnpackBlocks<Isa, U4ScaleMin<Isa>>>(w, row, values);
    case PackedKind::kU4ScaleMinF32:
      return unpack_row<Isa, UnpackBlocks<Isa, U4ScaleMin<Isa, F32Loader<Isa>>>>(w, row, values);
    case PackedKind::kU5Scale:
      return unpack_row<Isa, UnpackBlocks<Isa, U5Scale<Isa>>>(w, row, values);
    case PackedKind::kU5ScaleMin:
      return unpack_row<Isa, UnpackBlocks<Isa, U5ScaleMin<Isa>>>(w, row, values);
    case PackedKind::kI8ScaleF32:
      return unpack_row<Isa, UnpackBlocks<Isa, I8Scale<Isa, F32Loader<Isa>>>>(w, row, values);
    default:
      return unpack_row<Isa, UnpackBlocks<Isa, I8Scale<Isa>>>(w, row, values);
  }
}

}  // namespace hearth::kernels::generic
