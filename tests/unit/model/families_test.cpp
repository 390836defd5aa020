#include "model/families.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "model/fixture.h"

namespace hearth::model {
namespace {

TEST(FamiliesTest, NoTwoFamiliesClaimAnArchitecture) {
  std::set<std::string_view> names;
  for (const Family* family : families()) {
    EXPECT_FALSE(family->gguf_architectures.empty()) << family->name;
    for (const std::string_view name : family->gguf_architectures) {
      EXPECT_TRUE(names.insert(name).second) << name;
    }
  }
}

TEST(FamiliesTest, MissingArchitectureIsCorrupt) {
  const auto family = find_family({});
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::kCorruptFile);
}

ArchSpec spec_of(const std::string& fixture) {
  const formats::Checkpoint checkpoint = testing::open_fixture(fixture);
  const Family* family = find_family(checkpoint.metadata).value();
  return family->spec_from_gguf(checkpoint.metadata, family->gguf_architectures[0]).value();
}

TEST(FamiliesTest, Gemma3AlternatesFiveWindowsAndOneGlobalLayer) {
  const ArchSpec spec = spec_of("gguf-gemma3-gguf");
  ASSERT_EQ(spec.layers.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(spec.layers[i].window, 8);
    EXPECT_EQ(spec.ropes[static_cast<std::size_t>(spec.layers[i].rope_class)].base, 10000.0);
  }
  EXPECT_EQ(spec.layers[5].window, 0);
  EXPECT_EQ(spec.ropes[static_cast<std::size_t>(spec.layers[5].rope_class)].base, 1000000.0);
  EXPECT_EQ(spec.ropes[static_cast<std::size_t>(spec.layers[5].rope_class)].factor, 8.0);
  EXPECT_TRUE(spec.qk_norm);
  EXPECT_TRUE(spec.post_norms);
  EXPECT_FLOAT_EQ(spec.embedding_scale, 8.0F);
}

TEST(FamiliesTest, Gemma2BeginsWithAWindow) {
  const ArchSpec spec = spec_of("gguf-gemma2-gguf");
  EXPECT_EQ(spec.layers[0].window, 8);
  EXPECT_EQ(spec.layers[1].window, 0);
  EXPECT_FLOAT_EQ(spec.attention_softcap, 5.0F);
  EXPECT_FLOAT_EQ(spec.logit_softcap, 8.0F);
  EXPECT_FLOAT_EQ(spec.attention_scale, 1.0F / std::sqrt(32.0F));
}

TEST(FamiliesTest, ExpertsAreReadFromTheFile) {
  const ArchSpec spec = spec_of("gguf-mixtral");
  EXPECT_EQ(spec.experts.n_experts, 4);
  EXPECT_EQ(spec.experts.n_used, 2);
  EXPECT_TRUE(spec.experts.renormalise);
  EXPECT_EQ(spec_of("gguf-llama-f32").experts.n_experts, 0);
}

TEST(FamiliesTest, YarnCarriesItsAttentionFactor) {
  const ArchSpec spec = spec_of("gguf-llama-rope-yarn");
  EXPECT_EQ(spec.ropes[0].scaling, RopeScaling::kYarn);
  EXPECT_NEAR(spec.ropes[0].attention_factor, 0.1 * std::log(4.0) + 1.0, 1e-12);
}

}  // namespace
}  // namespace hearth::model
