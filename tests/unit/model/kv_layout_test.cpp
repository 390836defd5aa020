#include <gtest/gtest.h>

#include "model/step.h"

namespace hearth::model {
namespace {

TEST(KvLayoutTest, StridesNestWithoutOverlap) {
  const KvGroup group = {.window = 0, .n_layers = 3, .n_kv_heads = 2, .head_dim = 64};
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
    const KvView view = kv_layout(group, type);
    EXPECT_EQ(view.head_bytes, kernels::kv_head_bytes(type, 64));
    EXPECT_EQ(view.value_offset, 2 * view.head_bytes);
    EXPECT_EQ(view.layer_bytes, 4 * view.head_bytes);
    EXPECT_EQ(view.block_bytes, 12 * view.head_bytes);
    EXPECT_EQ(view.base, nullptr);
  }
  EXPECT_EQ(kernels::kv_head_bytes(KvType::kF32, 64), 64 * 32 * 4);
}

}  // namespace
}  // namespace hearth::model
