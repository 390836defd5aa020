#include "model/weights.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <utility>
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

// A checkpoint in memory with f32 tensors, whose values are their indices.
struct TensorShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

formats::Checkpoint tiny_checkpoint(const std::vector<TensorShape>& tensors) {
  formats::Checkpoint checkpoint;
  for (const TensorShape& wanted : tensors) {
    formats::TensorView tensor{
        .name = wanted.name, .type = quant::BlockType::kF32, .shape = wanted.shape, .file_index = -1};
    std::vector<float> values(static_cast<std::size_t>(tensor.n_elements()));
    std::iota(values.begin(), values.end(), 0.0F);
    const auto bytes = std::as_bytes(std::span(values));
    tensor.bytes = checkpoint.owned.emplace_back(bytes.begin(), bytes.end());
    checkpoint.tensors.push_back(std::move(tensor));
  }
  EXPECT_TRUE(checkpoint.index_tensors());
  return checkpoint;
}

constexpr std::int64_t kTinyHidden = 4;

// One layer, four query and two key/value heads of two dimensions, feed-forward without a gate.
ArchSpec tiny_spec() {
  ArchSpec spec;
  spec.n_layers = 1;
  spec.hidden_dim = kTinyHidden;
  spec.ffn_dim = 6;
  spec.n_heads = 4;
  spec.n_kv_heads = 2;
  spec.head_dim = 2;
  spec.norm = NormKind::kLayer;
  spec.gated = false;
  spec.layers.resize(1);
  remove_rope(spec);
  return spec;
}

std::vector<TensorShape> tiny_tensors(std::int64_t qkv_rows) {
  return {{"token_embd.weight", {8, kTinyHidden}},    {"output_norm.weight", {kTinyHidden}},
          {"blk.0.attn_norm.weight", {kTinyHidden}},  {"blk.0.attn_qkv.weight", {qkv_rows, kTinyHidden}},
          {"blk.0.attn_qkv.bias", {qkv_rows}},        {"blk.0.attn_output.weight", {kTinyHidden, 8}},
          {"blk.0.ffn_norm.weight", {kTinyHidden}},   {"blk.0.ffn_up.weight", {6, kTinyHidden}},
          {"blk.0.ffn_down.weight", {kTinyHidden, 6}}};
}

TensorTable fused(QkvLayout layout) {
  return {.query = {.name = "blk.{layer}.attn_qkv", .part = RowPart::kQuery, .qkv = layout},
          .key = {.name = "blk.{layer}.attn_qkv", .part = RowPart::kKey, .qkv = layout},
          .value = {.name = "blk.{layer}.attn_qkv", .part = RowPart::kValue, .qkv = layout}};
}

Result<Weights> load_tiny(formats::Checkpoint checkpoint, const ArchSpec& spec, const TensorTable& names) {
  return load_weights(std::move(checkpoint), spec, names, {.kernels = &testing::test_kernels()});
}

// The tensor row that a packed row holds: its first value is the row's first index.
std::int64_t stored_at(const Linear& linear, std::int64_t row) {
  const std::int64_t from = static_cast<std::int64_t>(packed_row(linear.matrix, row)[0]) / linear.matrix.n_cols;
  EXPECT_EQ(linear.bias[row], static_cast<float>(from));
  return from;
}

TEST(WeightsTest, QueryKeyAndValueOfAGroupFollowOneAnother) {
  const Weights weights = load_tiny(tiny_checkpoint(tiny_tensors(16)), tiny_spec(), fused(QkvLayout::kGroups)).value();
  const LayerWeights& layer = weights.layers[0];
  // Group 0: rows 0-3 query heads 0 and 1, 4-5 key, 6-7 value; group 1 from row 8.
  EXPECT_EQ(stored_at(layer.query, 3), 3);
  EXPECT_EQ(stored_at(layer.query, 4), 8);
  EXPECT_EQ(stored_at(layer.key, 1), 5);
  EXPECT_EQ(stored_at(layer.key, 2), 12);
  EXPECT_EQ(stored_at(layer.value, 0), 6);
  EXPECT_EQ(stored_at(layer.value, 3), 15);
}

TEST(WeightsTest, RepeatedKeysAndValuesAreTakenOnce) {
  const Weights weights =
      load_tiny(tiny_checkpoint(tiny_tensors(24)), tiny_spec(), fused(QkvLayout::kRepeatedKv)).value();
  const LayerWeights& layer = weights.layers[0];
  EXPECT_EQ(stored_at(layer.query, 7), 7);
  EXPECT_EQ(stored_at(layer.key, 0), 8);
  EXPECT_EQ(stored_at(layer.key, 2), 12);  // the second head of its own, stored twice per head
  EXPECT_EQ(stored_at(layer.value, 3), 21);
}

TEST(WeightsTest, FusedTensorsOfAnotherSizeAreRefused) {
  const auto weights = load_tiny(tiny_checkpoint(tiny_tensors(15)), tiny_spec(), fused(QkvLayout::kGroups));
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().message, "tensor blk.0.attn_qkv.weight: expected shape [16, 4], found [15, 4]");
}

TEST(WeightsTest, NormsMayBeStoredLessOneAndWithoutBias) {
  TensorTable names = fused(QkvLayout::kBlocks);
  names.ffn_norm.plus = 1.0F;
  const Weights weights = load_tiny(tiny_checkpoint(tiny_tensors(16)), tiny_spec(), names).value();
  EXPECT_EQ(weights.layers[0].ffn_norm.weight[2], 3.0F);
  EXPECT_EQ(weights.layers[0].attention_norm.weight[2], 2.0F);
  EXPECT_EQ(weights.layers[0].ffn_norm.bias, nullptr);
}

TEST(WeightsTest, RequiredBiasesAreNamed) {
  ArchSpec spec = tiny_spec();
  spec.ffn_bias = true;
  const auto weights = load_tiny(tiny_checkpoint(tiny_tensors(16)), spec, fused(QkvLayout::kBlocks));
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().message, "tensor blk.0.ffn_up.bias is missing");
}

TEST(WeightsTest, AParallelBlockMayShareItsNorm) {
  ArchSpec spec = tiny_spec();
  spec.parallel_block = true;
  TensorTable names = fused(QkvLayout::kBlocks);
  names.ffn_norm = {};
  std::vector<TensorShape> tensors = tiny_tensors(16);
  std::erase_if(tensors, [](const TensorShape& tensor) { return tensor.name == "blk.0.ffn_norm.weight"; });
  const Weights weights = load_tiny(tiny_checkpoint(tensors), spec, names).value();
  EXPECT_TRUE(weights.layers[0].ffn_norm.exists);
  EXPECT_EQ(weights.layers[0].ffn_norm.weight, weights.layers[0].attention_norm.weight);
}

TEST(WeightsTest, NormsAfterTheResidualLeaveNoneBefore) {
  ArchSpec spec = tiny_spec();
  spec.norm_after_residual = true;
  std::vector<TensorShape> tensors = tiny_tensors(16);
  std::erase_if(tensors, [](const TensorShape& tensor) { return tensor.name == "output_norm.weight"; });
  const Weights weights = load_tiny(tiny_checkpoint(tensors), spec, fused(QkvLayout::kBlocks)).value();
  EXPECT_FALSE(weights.output_norm.exists);
  EXPECT_FALSE(weights.layers[0].attention_norm.exists);
  EXPECT_TRUE(weights.layers[0].attention_residual_norm.exists);
  EXPECT_TRUE(weights.layers[0].ffn_residual_norm.exists);
}

TEST(WeightsTest, NarrowEmbeddingsAreProjected) {
  ArchSpec spec = tiny_spec();
  spec.embedding_dim = 2;
  TensorTable names = fused(QkvLayout::kBlocks);
  names.project_in = {"project_in"};
  names.project_out = {"project_out"};
  std::vector<TensorShape> tensors = tiny_tensors(16);
  tensors[0].shape = {8, 2};
  const auto without = load_tiny(tiny_checkpoint(tensors), spec, names);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().message, "tensor project_in.weight is missing");
  tensors.push_back({"project_in.weight", {kTinyHidden, 2}});
  tensors.push_back({"project_out.weight", {2, kTinyHidden}});
  const Weights weights = load_tiny(tiny_checkpoint(tensors), spec, names).value();
  EXPECT_EQ(weights.project_in.matrix.n_rows, kTinyHidden);
  EXPECT_EQ(weights.output.matrix.n_cols, 2);
}

TEST(WeightsTest, LearnedPositionsNeedMoreRowsThanTheirOffset) {
  ArchSpec spec = tiny_spec();
  spec.learned_positions = true;
  spec.position_offset = 2;
  std::vector<TensorShape> tensors = tiny_tensors(16);
  tensors.push_back({"position_embd.weight", {2, kTinyHidden}});
  const auto weights = load_tiny(tiny_checkpoint(tensors), spec, fused(QkvLayout::kBlocks));
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().message, "tensor position_embd.weight: expected more than 2 rows, found 2");
}

TEST(WeightsTest, DenseLayersStandAmongExperts) {
  ArchSpec spec = tiny_spec();
  spec.n_layers = 1;
  spec.experts = {.n_experts = 2, .n_used = 1};
  spec.layers[0].dense_ffn_dim = 6;
  spec.ffn_dim = 3;
  const Weights weights = load_tiny(tiny_checkpoint(tiny_tensors(16)), spec, fused(QkvLayout::kBlocks)).value();
  EXPECT_EQ(weights.layers[0].experts.size(), 1U);
  EXPECT_EQ(weights.layers[0].experts[0].up.matrix.n_rows, 6);
}

}  // namespace
}  // namespace hearth::model
