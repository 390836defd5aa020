// The kernel table of the level avx2, for kernels.cpp. Call it only when the CPU has the level.
#pragma once

#include "kernels/kernel_table.h"

namespace hearth::kernels::avx2 {

const KernelTable& table();

}  // namespace hearth::kernels::avx2
