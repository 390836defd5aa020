#include "kernels/kernels.h"

#include "base/check.h"
#include "kernels/isa/scalar/table.h"
#include "quant/packed/pack.h"
#if defined(__x86_64__)
#include "kernels/isa/avx2/table.h"
#include "kernels/isa/avx512/table.h"
#endif

namespace hearth::kernels {

const KernelTable& kernel_table(cpu::IsaLevel level) {
  switch (level) {
    case cpu::IsaLevel::kScalar:
      return scalar::table();
#if defined(__x86_64__)
    case cpu::IsaLevel::kAvx2:
      return avx2::table();
    case cpu::IsaLevel::kAvx512:
      return avx512::table();
#else
    default:
      break;
#endif
  }
  HEARTH_CHECK(false, "no kernels were built for this ISA level");
  return scalar::table();
}

std::optional<PackedMatrix> plan_matrix(quant::BlockType type, std::int64_t n_rows, std::int64_t n_cols,
                                        std::int32_t panel_rows) {
  return quant::packed::plan_matrix(type, n_rows, n_cols, panel_rows);
}

void pack_panel(quant::BlockType type, const PackedMatrix& plan, std::span<const std::byte* const> rows,
                std::byte* panel) {
  quant::packed::pack_panel(type, plan, rows, panel);
}

ActivationKind activation_kind(PackedKind kind) {
  switch (quant::packed::info(kind).block_cols) {
    case 32:
      return ActivationKind::kI8Block32;
    case 256:
      return ActivationKind::kI8Block256;
    default:
      return ActivationKind::kF32;
  }
}

std::int64_t kv_head_bytes(KvType type, std::int32_t head_dim) {
  const std::int64_t elements = static_cast<std::int64_t>(kKvBlockPositions) * head_dim;
  switch (type) {
    case KvType::kF32:
      return 4 * elements;
    case KvType::kF16:
      return 2 * elements;
    case KvType::kQ8_0:
      // int8 and an f16 scale per position and 32 dimensions
      return elements + 2 * kKvBlockPositions * static_cast<std::int64_t>((head_dim + 31) / 32);
  }
  return 0;
}

}  // namespace hearth::kernels
