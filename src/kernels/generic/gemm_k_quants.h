// GEMM, exact GEMM and unpacking of the kinds with super-blocks of 256. Instantiated by
// kernels/isa/<level>/gemm_k_quants.cpp.
#pragma once

#include "kernels/generic/entry_points.h"
#include "kernels/generic/float_gemm.h"
#include "kernels/generic/gemm.h"
#include "quant/packed/q2_k.h"
#include "quant/packed/q3_k.h"
#include "quant/packed/q4_k.h"
#include "quant/packed/q5_k.h"
#include "quant/packed/q6_k.h"

namespace hearth::kernels::generic {

template <typename Isa>
void gemm_k_quants(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kQ2K:
      return gemm<Isa, Q2K<Isa>>(w, x, range, out);
    case PackedKind::kQ3K:
      return gemm<Isa, Q3K<Isa>>(w, x, range, out);
    case PackedKind::kQ4K:
      return gemm<Isa, Q4K<Isa>>(w, x, range, out);
    case PackedKind::kQ5K:
      return gemm<Isa, Q5K<Isa>>(w, x, range, out);
    default:
      return gemm<Isa, Q6K<Isa>>(w, x, range, out);
  }
}

template <typename Isa>
void exact_k_quants(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kQ2K:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Q2K<Isa>>>(w, x, range, out);
    case PackedKind::kQ3K:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Q3K<Isa>>>(w, x, range, out);
    case PackedKind::kQ4K:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Q4K<Isa>>>(w, x, range, out);
    case PackedKind::kQ5K:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Q5K<Isa>>>(w, x, range, out);
    default:
      return unpacked_gemm<Isa, UnpackBlocks<Isa, Q6K<Isa>>>(w, x, range, out);
  }
}

template <typename Isa>
void unpack_row_k_quants(const PackedMatrix& w, std::int64_t row, float* values) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kQ2K:
      return unpack_row<Isa, UnpackBlocks<Isa, Q2K<Isa>>>(w, row, values);
    case PackedKind::kQ3K:
      return unpack_row<Isa, UnpackBlocks<Isa, Q3K<Isa>>>(w, row, values);
    case PackedKind::kQ4K:
      return unpack_row<Isa, UnpackBlocks<Isa, Q4K<Isa>>>(w, row, values);
    case PackedKind::kQ5K:
      return unpack_row<Isa, UnpackBlocks<Isa, Q5K<Isa>>>(w, row, values);
    default:
      return unpack_row<Isa, UnpackBlocks<Isa, Q6K<Isa>>>(w, row, values);
  }
}

}  // namespace hearth::kernels::generic
