#include "kernels/generic/gemm_code_books.h"

#include "kernels/isa/scalar/trait.h"

namespace hearth::kernels::generic {

template void gemm_code_books<scalar::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void exact_code_books<scalar::Isa>(const PackedMatrix&, const ActivationView&, PanelRange, const GemmOutput&);
template void unpack_row_code_books<scalar::Isa>(const PackedMatrix&, std::int64_t, float*);

}  // namespace hearth::kernels::generic
