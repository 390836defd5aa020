#include "kernels/generic/table.h"

#include "kernels/isa/avx2/table.h"
#include "kernels/isa/avx2/trait.h"

namespace hearth::kernels::avx2 {

const KernelTable& table() {
  static constexpr KernelTable kTable = generic::make_table<Isa>("avx2");
  return kTable;
}

}  // namespace hearth::kernels::avx2
