#include "kernels/generic/attention.h"

#include "kernels/generic/entry_points.h"
#include "kernels/isa/scalar/trait.h"

namespace hearth::kernels::generic {

template std::int64_t attention_scratch_bytes<scalar::Isa>(const AttentionTask&);
template void attention<scalar::Isa>(const AttentionTask&, unsigned char*);
template void store_kv<scalar::Isa>(const KvStore&);

}  // namespace hearth::kernels::generic
