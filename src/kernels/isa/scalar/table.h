// The kernel table of the level scalar, for kernels.cpp. Call it only when the CPU has the level.
#pragma once

#include "kernels/kernel_table.h"

namespace hearth::kernels::scalar {

const KernelTable& table();

}  // namespace hearth::kernels::scalar
