#include "model/families.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/fixture.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

constexpr std::array kNamedConventions = {formats::Convention::kGguf, formats::Convention::kHf,
                                          formats::Convention::kGgml};

TEST(FamiliesTest, NoTwoFamiliesClaimAnArchitecture) {
  std::set<std::string_view> families_seen;
  std::array<std::set<std::string_view>, kNamedConventions.size()> seen;
  for (const Family* family : families()) {
    EXPECT_TRUE(families_seen.insert(family->name).second) << family->name;
    std::size_t n_names = 0;
    for (std::size_t i = 0; i < kNamedConventions.size(); ++i) {
      const FamilyNames& in = family->in(kNamedConventions[i]);
      EXPECT_EQ(in.names.empty(), in.read == nullptr) << family->name;
      for (const std::string_view name : in.names) {
        EXPECT_TRUE(seen[i].insert(name).second) << family->name << " claims " << name;
      }
      n_names += in.names.size();
    }
    EXPECT_GT(n_names, 0U) << family->name;
  }
}

// The rows of docs/architectures.md: a family, and what it is called in each kind of file.
std::string documented_rows() {
  std::string rows;
  for (const Family* family : families()) {
    rows += fmt::format("| {} |", family->name);
    for (const formats::Convention convention : kNamedConventions) {
      rows += fmt::format(" {} |", fmt::join(family->in(convention).names, ", "));
    }
    rows += "\n";
  }
  return rows;
}

TEST(FamiliesTest, EveryFamilyIsDocumented) {
  std::ifstream file(std::string(HEARTH_GOLDEN_FOLDER) + "/../../docs/architectures.md");
  std::string rows;
  bool is_in_table = false;
  for (std::string line; std::getline(file, line);) {
    rows += is_in_table && line.starts_with("|") ? line + "\n" : "";
    is_in_table = line.starts_with("|---") || (is_in_table && line.starts_with("|"));
  }
  EXPECT_EQ(rows, documented_rows()) << "docs/architectures.md: its table should hold these rows:\n"
                                     << documented_rows();
}

TEST(FamiliesTest, MissingArchitectureIsCorrupt) {
  const auto family = find_family({});
  ASSERT_FALSE(family);
  EXPECT_EQ(family.error().code, ErrorCode::kCorruptFile);
}

ArchSpec spec_of(const std::string& fixture) {
  return plan_model(testing::open_fixture(fixture)).value().spec;
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

// The metadata of a fixture as if its architecture were another one.
formats::Metadata renamed(const formats::Metadata& metadata, const std::string& from, const std::string& to) {
  formats::Metadata result;
  for (const auto& [key, value] : metadata.entries()) {
    result.set(key.starts_with(from + ".") ? to + key.substr(from.size()) : key, value);
  }
  result.set("general.architecture", {to});
  return result;
}

TEST(FamiliesTest, Smollm3LeavesEveryFourthLayerWithoutRope) {
  formats::Checkpoint checkpoint = testing::open_fixture("gguf-gemma3-gguf");
  checkpoint.metadata = renamed(checkpoint.metadata, "gemma3", "smollm3");
  const ArchSpec spec = plan_model(checkpoint).value().spec;
  ASSERT_EQ(spec.layers.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(spec.layers[i].rope_class, i == 3 ? kNoRope : 0);
  }
}

// Two layers are not enough for one without rope: the same weights must give the same logits.
TEST(FamiliesTest, Smollm3OfTwoLayersIsLlama) {
  cpu::ThreadPool pool(1);
  const std::vector<std::int32_t> tokens = {1, 17, 42, 5, 99};
  std::vector<std::vector<float>> logits;
  for (const std::string name : {"llama", "smollm3"}) {
    formats::Checkpoint checkpoint = testing::open_fixture("gguf-llama-f32");
    checkpoint.metadata = renamed(checkpoint.metadata, "llama", name);
    const auto model = load_model(std::move(checkpoint), {}, pool, testing::test_kernels()).value();
    SingleSequence sequence = SingleSequence::create(*model, KvType::kF16, 64).value();
    logits.push_back(report_logits(sequence, tokens, 512, 0).value().last_logits);
  }
  EXPECT_EQ(logits[0], logits[1]);
}

TEST(FamiliesTest, YarnCarriesItsAttentionFactor) {
  const ArchSpec spec = spec_of("gguf-llama-rope-yarn");
  EXPECT_EQ(spec.ropes[0].scaling, RopeScaling::kYarn);
  EXPECT_NEAR(spec.ropes[0].attention_factor, 0.1 * std::log(4.0) + 1.0, 1e-12);
}

}  // namespace
}  // namespace hearth::model
