#include "kernels/generic/gemm_groups.h"

#include "kernels/isa/scalar/trait.h"

namespace hearth::kernels::generic {

template void gemm_groups<scalar::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void exact_groups<scalar::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void unpack_row_groups<scalar::Isa>(const PackedMatrix&, std::int64_t, float*);

}  // namespace hearth::kernels::generic
