// GEMM and unpacking of the float kinds. Instantiated by kernels/isa/<level>/gemm_floats.cpp.
#pragma once

#include "kernels/generic/entry_points.h"
#include "kernels/generic/float_gemm.h"

namespace hearth::kernels::generic {

template <typename Isa>
void exact_floats(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kF16:
      return float_gemm<Isa, F16Loader<Isa>>(w, x, range, out);
    case PackedKind::kBf16:
      return float_gemm<Isa, Bf16Loader<Isa>>(w, x, range, out);
    default:
      return float_gemm<Isa, F32Loader<Isa>>(w, x, range, out);
  }
}

template <typename Isa>
void unpack_row_floats(const PackedMatrix& w, std::int64_t row, float* values) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kF16:
      return unpack_row<Isa, UnpackFloats<Isa, F16Loader<Isa>>>(w, row, values);
    case PackedKind::kBf16:
      return unpack_row<Isa, UnpackFloats<Isa, Bf16Loader<Isa>>>(w, row, values);
    default:
      return unpack_row<Isa, UnpackFloats<Isa, F32Loader<Isa>>>(w, row, values);
  }
}

}  // namespace hearth::kernels::generic
