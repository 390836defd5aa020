#include "kernels/generic/gemm_k_quants.h"

#include "kernels/isa/scalar/trait.h"

namespace hearth::kernels::generic {

template void gemm_k_quants<scalar::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void exact_k_quants<scalar::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void unpack_row_k_quants<scalar::Isa>(const PackedMatrix&, std::int64_t, float*);

}  // namespace hearth::kernels::generic
