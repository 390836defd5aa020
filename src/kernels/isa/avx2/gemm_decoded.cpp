#include "kernels/generic/gemm_decoded.h"

#include "kernels/isa/avx2/trait.h"

namespace hearth::kernels::generic {

template void gemm_decoded<avx2::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void exact_decoded<avx2::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void unpack_row_decoded<avx2::Isa>(const PackedMatrix&, std::int64_t, float*);

}  // namespace hearth::kernels::generic
