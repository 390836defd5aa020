// HEARTH_CHECK and HEARTH_DCHECK: invariants whose violation is a defect of ours, never a reaction to input.
//
// A failed check prints file, line and condition and aborts: going on with broken state could hand one
// request's data to another. HEARTH_DCHECK costs nothing in release builds and is for hot loops.
#pragma once

namespace hearth::base {

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* message);

}  // namespace hearth::base

#define HEARTH_CHECK(condition, message)                                     \
  do {                                                                       \
    if (!(condition)) [[unlikely]] {                                         \
      ::hearth::base::check_failed(__FILE__, __LINE__, #condition, message); \
    }                                                                        \
  } while (false)

#ifdef NDEBUG
#define HEARTH_DCHECK(condition, message) \
  do {                                    \
  } while (false)
#else
#define HEARTH_DCHECK(condition, message) HEARTH_CHECK(condition, message)
#endif
