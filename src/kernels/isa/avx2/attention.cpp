#include "kernels/generic/attention.h"

#include "kernels/generic/entry_points.h"
#include "kernels/isa/avx2/trait.h"

namespace hearth::kernels::generic {

template std::int64_t attention_scratch_bytes<avx2::Isa>(const AttentionTask&);
template void attention<avx2::Isa>(const AttentionTask&, unsigned char*);
template void store_kv<avx2::Isa>(const KvStore&);

}  // namespace hearth::kernels::generic
