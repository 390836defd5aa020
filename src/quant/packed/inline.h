// HEARTH_INLINE: for the small functions that make up kernels.
//
// Code built with the flags of an ISA level must never leave a shared copy behind that an older CPU could run, and a
// vector kernel must keep its operands in registers: so everything below the kernels' entry points is forced inline.
#pragma once

#define HEARTH_INLINE inline __attribute__((always_inline))
