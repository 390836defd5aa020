// The kernel table of the level avx512, for kernels.cpp. Call it only when the CPU has the level.
#pragma once

#include "kernels/kernel_table.h"

namespace hearth::kernels::avx512 {

const KernelTable& table();

}  // namespace hearth::kernels::avx512
