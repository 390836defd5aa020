// Families of transformers' folders beyond what the golden fixtures show: other prefixes of names, and keys that would
// change what is computed.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/families.h"
#include "model/fixture.h"
#include "model/single_sequence.h"

namespace hearth::model {
namespace {

formats::Checkpoint open_folder(const std::string& name) {
  auto checkpoint = formats::open_checkpoint(std::string(HEARTH_GOLDEN_FOLDER) + "/" + name);
  EXPECT_TRUE(checkpoint) << checkpoint.error().message;
  return std::move(checkpoint).value();
}

std::vector<float> logits_of(formats::Checkpoint checkpoint) {
  cpu::ThreadPool pool(1);
  const auto model = load_model(std::move(checkpoint), {}, pool, testing::test_kernels());
  EXPECT_TRUE(model) << model.error().message;
  SingleSequence sequence = SingleSequence::create(**model, KvType::kF16, 64).value();
  const std::vector<std::int32_t> tokens = {1, 17, 42, 5, 99};
  return report_logits(sequence, tokens, 512, 0).value().last_logits;
}

struct Renaming {
  std::string fixture;
  std::string from;
  std::string to;
};

class HfPrefixTest : public ::testing::TestWithParam<Renaming> {};

TEST_P(HfPrefixTest, SameModelUnderOtherNames) {
  const Renaming& renaming = GetParam();
  formats::Checkpoint checkpoint = open_folder(renaming.fixture);
  std::size_t n_renamed = 0;
  for (formats::TensorView& tensor : checkpoint.tensors) {
    if (tensor.name.starts_with(renaming.from)) {
      tensor.name.replace(0, renaming.from.size(), renaming.to);
      ++n_renamed;
    }
  }
  ASSERT_GT(n_renamed, 0U);
  ASSERT_TRUE(checkpoint.index_tensors());
  EXPECT_EQ(logits_of(std::move(checkpoint)), logits_of(open_folder(renaming.fixture)));
}

INSTANTIATE_TEST_SUITE_P(
    Names, HfPrefixTest,
    ::testing::Values(Renaming{"hf-gpt2", "transformer.", ""}, Renaming{"hf-gpt-bigcode", "transformer.", ""},
                      Renaming{"hf-bloom", "transformer.", ""}, Renaming{"hf-falcon", "transformer.", ""},
                      Renaming{"hf-mpt", "transformer.", ""}, Renaming{"hf-gpt-neox", "gpt_neox.", ""},
                      Renaming{"hf-opt", "model.decoder.", "decoder."},
                      Renaming{"hf-gemma3-gguf", "model.", "language_model.model."},
                      Renaming{"hf-gemma3-gguf", "model.", "model.language_model."},
                      Renaming{"hf-mistral", "", "language_model."}, Renaming{"hf-llama-f16", "model.", ""}));

struct Refusal {
  std::string fixture;
  std::string key;
  bool value;
};

class HfRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(HfRefusalTest, UnsupportedKeyIsNamed) {
  formats::Checkpoint checkpoint = open_folder(GetParam().fixture);
  ASSERT_TRUE(plan_model(checkpoint));
  checkpoint.metadata.set(GetParam().key, {GetParam().value});
  const auto plan = plan_model(checkpoint);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(plan.error().message.find(GetParam().key), std::string::npos) << plan.error().message;
}

INSTANTIATE_TEST_SUITE_P(Keys, HfRefusalTest,
                         ::testing::Values(Refusal{"hf-gpt2", "scale_attn_by_inverse_layer_idx", true},
                                           Refusal{"hf-gpt2", "add_cross_attention", true},
                                           Refusal{"hf-bloom", "apply_residual_connection_post_layernorm", true},
                                           Refusal{"hf-mpt", "attn_config.alibi", false},
                                           Refusal{"hf-mpt", "attn_config.qk_ln", true},
                                           Refusal{"hf-opt", "_remove_final_layer_norm", true},
                                           Refusal{"hf-opt", "layer_norm_elementwise_affine", false},
                                           Refusal{"hf-phi", "qk_layernorm", true},
                                           Refusal{"hf-stablelm", "qk_layernorm", true},
                                           Refusal{"hf-cohere", "use_qk_norm", true},
                                           Refusal{"hf-gemma3-gguf", "use_bidirectional_attention", true}));

TEST(HfFamiliesTest, UnknownModelTypeListsTheKnownOnes) {
  formats::Checkpoint checkpoint = open_folder("hf-llama-f16");
  checkpoint.metadata.set("model_type", {std::string("perceptron")});
  const auto plan = plan_model(checkpoint);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(plan.error().message.find("perceptron"), std::string::npos);
  EXPECT_NE(plan.error().message.find("qwen3_moe"), std::string::npos);
}

TEST(HfFamiliesTest, HeadThatIsNeitherThereNorTiedIsMissing) {
  formats::Checkpoint checkpoint = open_folder("hf-qwen2");
  checkpoint.metadata.set("tie_word_embeddings", {false});
  const auto plan = plan_model(checkpoint);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::kCorruptFile);
  EXPECT_NE(plan.error().message.find("lm_head.weight"), std::string::npos);
}

TEST(HfFamiliesTest, Gemma3ReadsRopesByTypeOfLayers) {
  formats::Checkpoint checkpoint = open_folder("hf-gemma3-gguf");
  const ArchSpec old_spelling = plan_model(checkpoint).value().spec;
  formats::Metadata metadata;
  for (const auto& [key, value] : checkpoint.metadata.entries()) {
    if (!key.starts_with("rope_")) {
      metadata.set(key, value);
    }
  }
  metadata.set("rope_parameters.full_attention.rope_type", {std::string("linear")});
  metadata.set("rope_parameters.full_attention.factor", {8.0});
  metadata.set("rope_parameters.full_attention.rope_theta", {1000000.0});
  metadata.set("rope_parameters.sliding_attention.rope_type", {std::string("default")});
  metadata.set("rope_parameters.sliding_attention.rope_theta", {10000.0});
  checkpoint.metadata = std::move(metadata);
  const ArchSpec new_spelling = plan_model(checkpoint).value().spec;
  ASSERT_EQ(new_spelling.ropes.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(new_spelling.ropes[i].base, old_spelling.ropes[i].base);
    EXPECT_EQ(new_spelling.ropes[i].scaling, old_spelling.ropes[i].scaling);
    EXPECT_EQ(new_spelling.ropes[i].factor, old_spelling.ropes[i].factor);
  }
  EXPECT_EQ(new_spelling.trained_context, 256);
}

}  // namespace
}  // namespace hearth::model
