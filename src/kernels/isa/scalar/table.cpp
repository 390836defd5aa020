#include "kernels/generic/table.h"

#include "kernels/isa/scalar/table.h"
#include "kernels/isa/scalar/trait.h"

namespace hearth::kernels::scalar {

const KernelTable& table() {
  static constexpr KernelTable kTable = generic::make_table<Isa>("scalar");
  return kTable;
}

}  // namespace hearth::kernels::scalar
