// Float kinds: F32, F16 and BF16, [n_cols][kRows] interleaved, converted to fp32 in registers.
//
// Called by the float GEMM of kernels. A loader turns the kRows weights of one column into a vector.
#pragma once

#include "quant/packed/inline.h"

namespace hearth::quant::packed {

template <typename Isa>
struct F32Loader {
  static constexpr int kBytes = 4;
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) { return Isa::load_f32(p); }
};

template <typename Isa>
struct F16Loader {
  static constexpr int kBytes = 2;
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) { return Isa::load_f16(p); }
};

template <typename Isa>
struct Bf16Loader {
  static constexpr int kBytes = 2;
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) { return Isa::load_bf16(p); }
};

}  // namespace hearth::quant::packed
