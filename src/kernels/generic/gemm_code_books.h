// GEMM, exact GEMM and unpacking of the kinds with places in a code book. Instantiated by
// kernels/isa/<level>/gemm_code_books.cpp.
#pragma once

#include "kernels/generic/entry_points.h"
#include "kernels/generic/float_gemm.h"
#include "kernels/generic/gemm.h"
#include "quant/packed/code_book4.h"

namespace hearth::kernels::generic {

template <typename Isa>
void gemm_code_books(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kIq4Nl:
      return gemm<Isa, Iq4Nl<Isa>>(w, x, range, out);
    case PackedKind::kMxfp4:
      return gemm<Isa, Mxfp4<Isa>>(w, x, range, out);
    default:
      return gemm<Isa, Iq4Xs<Isa>>(w, x, range, out);
  }
}

template <typename Isa>
void exact_code_books(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kIq4Nl:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Iq4Nl<Isa>>>(w, x, range, out);
    case PackedKind::kMxfp4:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Mxfp4<Isa>>>(w, x, range, out);
    default:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Iq4Xs<Isa>>>(w, x, range, out);
  }
}

template <typename Isa>
void unpack_row_code_books(const PackedMatrix& w, std::int64_t row, float* values) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kIq4Nl:
      return unpack_row<Isa, UnpackBlocks<Isa, Iq4Nl<Isa>>>(w, row, values);
    case PackedKind::kMxfp4:
      return unpack_row<Isa, UnpackBlocks<Isa, Mxfp4<Isa>>>(w, row, values);
    default:
      return unpack_row<Isa, UnpackBlocks<Isa, Iq4Xs<Isa>>>(w, row, values);
  }
}

}  // namespace hearth::kernels::generic
