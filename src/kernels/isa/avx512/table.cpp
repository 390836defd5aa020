#include "kernels/generic/table.h"

#include "kernels/isa/avx512/table.h"
#include "kernels/isa/avx512/trait.h"

namespace hearth::kernels::avx512 {

const KernelTable& table() {
  static constexpr KernelTable kTable = generic::make_table<Isa>("avx512");
  return kTable;
}

}  // namespace hearth::kernels::avx512
