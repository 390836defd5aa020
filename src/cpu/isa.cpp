#include "cpu/isa.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace hearth::cpu {
namespace {

struct LevelRow {
  IsaLevel level;
  std::string_view name;
  int panel_rows;
};

constexpr std::array kLevels{
#define HEARTH_ISA_LEVEL(enumerator, name, panel_rows) LevelRow{IsaLevel::enumerator, name, panel_rows},
#include "cpu/isa.def"
#undef HEARTH_ISA_LEVEL
};

// __builtin_cpu_supports looks at CPUID and at XCR0, so a register set that the system does not save counts as absent.
bool cpu_has(IsaLevel level) {
#if defined(__x86_64__)
  const bool has_avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  switch (level) {
    case IsaLevel::kScalar:
      return true;
    case IsaLevel::kAvx2:
      return has_avx2;
    case IsaLevel::kAvx512:
      return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vnni");
  }
  return false;
#else
  return level == IsaLevel::kScalar;
#endif
}

std::vector<IsaLevel> detect() {
  std::vector<IsaLevel> found;
  for (const LevelRow& row : kLevels) {
    if (cpu_has(row.level)) {
      found.push_back(row.level);
    }
  }
  return found;
}

std::string names_of(std::span<const IsaLevel> levels) {
  std::vector<std::string_view> names;
  for (const IsaLevel level : levels) {
    names.push_back(to_string(level));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string_view to_string(IsaLevel level) {
  return kLevels[static_cast<std::size_t>(level)].name;
}

int panel_rows(IsaLevel level) {
  return kLevels[static_cast<std::size_t>(level)].panel_rows;
}

std::span<const IsaLevel> available_levels() {
  static const std::vector<IsaLevel> levels = detect();
  return levels;
}

Result<IsaLevel> select_level(std::string_view name) {
  const auto available = available_levels();
  if (name.empty()) {
    return available.back();
  }
  for (const IsaLevel level : available) {
    if (to_string(level) == name) {
      return level;
    }
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the ISA level \"{}\" is not available on this CPU; it has: {}", name, names_of(available)));
}

Result<IsaLevel> select_level() {
  const char* forced = std::getenv("HEARTH_ISA");
  auto level = select_level(forced == nullptr ? std::string_view() : std::string_view(forced));
  if (!level) {
    return base::fail_at("HEARTH_ISA", std::move(level).error());
  }
  return level;
}

}  // namespace hearth::cpu
