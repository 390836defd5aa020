#include "model/workspace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "model/fixture.h"

namespace hearth::model {
namespace {

ArchSpec small_spec() {
  ArchSpec spec;
  spec.hidden_dim = 40;
  spec.ffn_dim = 72;
  spec.n_heads = 4;
  spec.n_kv_heads = 2;
  spec.head_dim = 10;
  spec.ropes = {{.n_rotated = 10}};
  return spec;
}

TEST(WorkspaceTest, BuffersAreAlignedAndApart) {
  ArchSpec spec = small_spec();
  spec.experts = {.n_experts = 4, .n_used = 2};
  const Workspace space = make_workspace(spec, testing::test_kernels(), 64, 2, {}).value();
  const std::vector<const void*> buffers = {space.rows.hidden,
                                            space.rows.inputs.values,
                                            space.rows.inputs.quantized[0],
                                            space.rows.gathered.values,
                                            space.query,
                                            space.key,
                                            space.value,
                                            space.attention,
                                            space.gated,
                                            space.up,
                                            space.output,
                                            space.rope_cos,
                                            space.rope_sin,
                                            space.experts,
                                            space.expert_weights,
                                            space.workers[0].rows.hidden,
                                            space.workers[0].attention,
                                            space.workers[1].routing.slots};
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    ASSERT_NE(buffers[i], nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffers[i]) % 64, 0U);
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(buffers[i], buffers[j]);
    }
  }
  const auto distance = space.rope_cos - space.output;
  EXPECT_GE(distance, 64 * 2 * row_stride(40));  // one row per slot
}

TEST(WorkspaceTest, DenseModelsHaveNoExpertBuffers) {
  const Workspace space = make_workspace(small_spec(), testing::test_kernels(), 64, 1, {}).value();
  EXPECT_EQ(space.rows.gathered.values, nullptr);
}

}  // namespace
}  // namespace hearth::model
