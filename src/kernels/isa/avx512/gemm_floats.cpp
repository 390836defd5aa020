#include "kernels/generic/gemm_floats.h"

#include "kernels/isa/avx512/trait.h"

namespace hearth::kernels::generic {

template void exact_floats<avx512::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void unpack_row_floats<avx512::Isa>(const PackedMatrix&, std::int64_t, float*);

}  // namespace hearth::kernels::generic
