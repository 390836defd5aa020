#include "model/weights.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "model/families.h"
#include "model/fixture.h"
#include "quant/block_type.h"

namespace hearth::model {
namespace {

struct Loaded {
  ArchSpec spec;
  Weights weights;
};

Loaded load(const std::string& fixture) {
  formats::Checkpoint checkpoint = testing::open_fixture(fixture);
  ModelPlan plan = plan_model(checkpoint).value();
  auto weights = load_weights(std::move(checkpoint), plan.spec, plan.tensors, {.kernels = &testing::test_kernels()});
  EXPECT_TRUE(weights) << weights.error().message;
  return {std::move(plan.spec), std::move(weights).value()};
}

std::vector<float> packed_row(const PackedMatrix& matrix, std::int64_t row) {
  std::vector<float> values(static_cast<std::size_t>(matrix.n_cols));
  testing::test_kernels().unpack_row(matrix, row, values.data());
  return values;
}

std::vector<float> stored_row(const Weights& weights, const std::string& name, std::int64_t row) {
  const formats::TensorView& tensor = *weights.checkpoint.find(name);
  std::vector<float> values(static_cast<std::size_t>(tensor.n_cols()));
  const auto row_bytes = static_cast<std::size_t>(quant::row_bytes(tensor.type, tensor.n_cols()));
  quant::info(tensor.type)
      .dequantize_row(tensor.bytes.data() + static_cast<std::size_t>(row) * row_bytes, values.data(), tensor.n_cols());
  return values;
}

TEST(WeightsTest, RowsAreTheSourcesBitForBit) {
  const Loaded loaded = load("gguf-mixed-q4_k_m");
  const LayerWeights& layer = loaded.weights.layers[1];
  for (const std::int64_t row : {0, 1, 17, 127}) {
    EXPECT_EQ(packed_row(layer.value.matrix, row), stored_row(loaded.weights, "blk.1.attn_v.weight", row));
    EXPECT_EQ(packed_row(layer.experts[0].down.matrix, row), stored_row(loaded.weights, "blk.1.ffn_down.weight", row));
    EXPECT_EQ(packed_row(loaded.weights.output.matrix, row), stored_row(loaded.weights, "output.weight", row));
  }
  // Heads of 64: the second pair of head 1 is rows 2 and 3 of its head, moved to 1 and 33.
  EXPECT_EQ(packed_row(layer.query.matrix, 64 + 1), stored_row(loaded.weights, "blk.1.attn_q.weight", 64 + 2));
  EXPECT_EQ(packed_row(layer.query.matrix, 64 + 33), stored_row(loaded.weights, "blk.1.attn_q.weight", 64 + 3));
}

TEST(WeightsTest, FusedTensorsAreTakenApart) {
  const Loaded loaded = load("gguf-phi3-longrope");
  const LayerWeights& layer = loaded.weights.layers[0];
  EXPECT_EQ(packed_row(layer.query.matrix, 5), stored_row(loaded.weights, "blk.0.attn_qkv.weight", 5));
  EXPECT_EQ(packed_row(layer.key.matrix, 5), stored_row(loaded.weights, "blk.0.attn_qkv.weight", 64 + 5));
  EXPECT_EQ(packed_row(layer.value.matrix, 5), stored_row(loaded.weights, "blk.0.attn_qkv.weight", 96 + 5));
  EXPECT_EQ(packed_row(layer.experts[0].gate.matrix, 9), stored_row(loaded.weights, "blk.0.ffn_up.weight", 9));
  EXPECT_EQ(packed_row(layer.experts[0].up.matrix, 9), stored_row(loaded.weights, "blk.0.ffn_up.weight", 128 + 9));
  EXPECT_EQ(loaded.weights.rope_divisors_long.size(), 8U);
}

TEST(WeightsTest, BiasesFollowTheirRows) {
  const Loaded loaded = load("gguf-llama-tied-mha-bias");
  const std::vector<float> stored = stored_row(loaded.weights, "blk.0.attn_q.bias", 0);
  const float* bias = loaded.weights.layers[0].query.bias;
  EXPECT_EQ(bias[16 + 1], stored[16 + 2]);
  EXPECT_EQ(bias[16 + 9], stored[16 + 3]);
  EXPECT_EQ(loaded.weights.layers[0].value.bias[20], stored_row(loaded.weights, "blk.0.attn_v.bias", 0)[20]);
}

TEST(WeightsTest, ATiedEmbeddingExistsOnce) {
  const Loaded tied = load("gguf-llama-tied-mha-bias");
  EXPECT_EQ(tied.weights.embedding, nullptr);
  EXPECT_EQ(packed_row(tied.weights.output.matrix, 77), stored_row(tied.weights, "token_embd.weight", 77));
  const Loaded untied = load("gguf-llama-f32");
  ASSERT_NE(untied.weights.embedding, nullptr);
  EXPECT_EQ(untied.weights.embedding->name, "token_embd.weight");
}

TEST(WeightsTest, TensorsOfNvfp4TakeTheirFactor) {
  const auto row_of = [](float factor) {
    formats::Checkpoint checkpoint = testing::open_fixture("gguf-quant-nvfp4");
    ModelPlan plan = plan_model(checkpoint).value();
    std::vector<std::byte> bytes(sizeof(factor));
    std::memcpy(bytes.data(), &factor, sizeof(factor));
    if (factor != 0.0F) {
      for (const char* name : {"blk.0.attn_k.scale", "blk.0.attn_k.input_scale"}) {
        checkpoint.tensors.push_back({.name = name, .type = quant::BlockType::kF32, .shape = {1}, .bytes = bytes});
      }
      EXPECT_TRUE(checkpoint.index_tensors());
    }
    const auto weights =
        load_weights(std::move(checkpoint), plan.spec, plan.tensors, {.kernels = &testing::test_kernels()});
    EXPECT_TRUE(weights) << weights.error().message;
    return packed_row(weights->layers[0].key.matrix, 3);
  };
  const auto plain = row_of(0.0F);
  const auto halved = row_of(0.5F);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(halved[i], 0.5F * plain[i]);
  }
  EXPECT_NE(plain, halved);
}

TEST(WeightsTest, ExpertsAreSlicesOfOneTensor) {
  const Loaded loaded = load("gguf-mixtral");
  const LayerWeights& layer = loaded.weights.layers[1];
  ASSERT_EQ(layer.experts.size(), 4U);
  EXPECT_EQ(packed_row(layer.experts[3].up.matrix, 7),
            stored_row(loaded.weights, "blk.1.ffn_up_exps.weight", 3 * 128 + 7));
  EXPECT_EQ(layer.router.input, ActivationKind::kF32);
}

}  // namespace
}  // namespace hearth::model
