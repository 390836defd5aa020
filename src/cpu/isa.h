// The instruction-set level that kernels run at: found at run time, so that one portable binary serves every CPU.
//
// scalar is the oracle and runs anywhere; avx2 means AVX2, FMA and F16C; avx512 means F, BW, VL, DQ and VNNI (a CPU
// with AVX-512 but no VNNI gets avx2). The environment variable HEARTH_ISA forces a level and is an error if the CPU
// lacks it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace hearth::cpu {

enum class IsaLevel : std::uint8_t {
#define HEARTH_ISA_LEVEL(enumerator, name, panel_rows) enumerator,
#include "cpu/isa.def"
#undef HEARTH_ISA_LEVEL
};

std::string_view to_string(IsaLevel level);
int panel_rows(IsaLevel level);

// What this CPU and its operating system can run (CPUID and XCR0), lowest first; never empty.
std::span<const IsaLevel> available_levels();

// HEARTH_ISA when set, else the best available level.
// Errors: invalid_argument when HEARTH_ISA names an unknown level or one that this CPU lacks.
Result<IsaLevel> select_level();
// The same for a name given by a flag or a test; "" means the best level.
Result<IsaLevel> select_level(std::string_view name);

}  // namespace hearth::cpu
