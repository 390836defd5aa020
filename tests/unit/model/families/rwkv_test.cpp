#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/rwkv_spec.h"  // implemented in families/rwkv.cpp

namespace hearth::model {
namespace {

using Shapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

formats::Checkpoint rwkv_file(const std::string& version, Shapes shapes) {
  formats::Checkpoint checkpoint;
  checkpoint.convention = formats::Convention::kRwkv;
  checkpoint.metadata.set("rwkv.version", {version});
  for (auto& [name, shape] : shapes) {
    formats::TensorView& tensor = checkpoint.tensors.emplace_back();
    tensor.name = name;
    tensor.shape = shape;
  }
  EXPECT_TRUE(checkpoint.index_tensors());
  return checkpoint;
}

Shapes common_shapes() {
  return {{"emb.weight", {320, 96}},
          {"blocks.0.ln1.weight", {96}},
          {"blocks.1.ln1.weight", {96}},
          {"blocks.0.ffn.key.weight", {128, 96}}};
}

formats::Checkpoint gguf_file(const std::string& architecture) {
  formats::Checkpoint checkpoint;
  checkpoint.metadata.set("general.architecture", {architecture});
  const auto set = [&](const std::string& key, std::int64_t value) {
    checkpoint.metadata.set(architecture + "." + key, {value});
  };
  set("block_count", 3);
  set("embedding_length", 128);
  set("feed_forward_length", 448);
  set("wkv.head_size", 64);
  set("rescale_every_n_layers", 0);
  return checkpoint;
}

TEST(RwkvSpec, Version4HasNoHeads) {
  const auto spec = read_rwkv_spec(rwkv_file("4", common_shapes()));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->time_mix, RwkvTimeMix::kV4);
  EXPECT_EQ(spec->n_layers, 2);
  EXPECT_EQ(spec->hidden_dim, 96);
  EXPECT_EQ(spec->ffn_dim, 128);
  EXPECT_EQ(spec->n_heads, 2);  // of 64 channels and of 32
  EXPECT_EQ(spec->head_dim, 64);
  EXPECT_TRUE(spec->has_ffn_receptance());
}

TEST(RwkvSpec, HeadsAreTheRowsOfOneTensor) {
  struct Row {
    std::string version;
    std::string tensor;
    RwkvTimeMix time_mix;
  };
  for (const Row& row :
       {Row{"5.1", "blocks.0.att.time_decay", RwkvTimeMix::kV5}, Row{"6", "blocks.0.att.time_faaaa", RwkvTimeMix::kV6},
        Row{"7", "blocks.0.att.r_k", RwkvTimeMix::kV7}}) {
    Shapes shapes = common_shapes();
    shapes.push_back({row.tensor, {3, 32}});
    const auto spec = read_rwkv_spec(rwkv_file(row.version, shapes));
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->time_mix, row.time_mix);
    EXPECT_EQ(spec->n_heads, 3);
    EXPECT_EQ(spec->head_dim, 32);
    EXPECT_EQ(spec->has_gate, row.version == "6");
    shapes.back().second = {5, 32};
    EXPECT_EQ(read_rwkv_spec(rwkv_file(row.version, shapes)).error().code, ErrorCode::kCorruptFile);
    shapes.pop_back();
    EXPECT_EQ(read_rwkv_spec(rwkv_file(row.version, shapes)).error().message, "tensor " + row.tensor + " is missing");
  }
}

TEST(RwkvSpec, AGateProjectionMakesVersion52) {
  Shapes shapes = common_shapes();
  shapes.push_back({"blocks.0.att.time_decay", {3, 32, 1}});
  shapes.push_back({"blocks.0.att.gate.weight", {96, 96}});
  const auto spec = read_rwkv_spec(rwkv_file("5.2", shapes));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_TRUE(spec->has_gate);
}

TEST(RwkvSpec, OddFilesAreRefused) {
  EXPECT_EQ(read_rwkv_spec(rwkv_file("8", common_shapes())).error().code, ErrorCode::kUnsupported);
  Shapes shapes = common_shapes();
  shapes[0].second = {96};
  EXPECT_EQ(read_rwkv_spec(rwkv_file("4", shapes)).error().code, ErrorCode::kCorruptFile);
  shapes[0].second = {320, std::int64_t{1} << 40};
  EXPECT_EQ(read_rwkv_spec(rwkv_file("4", shapes)).error().code, ErrorCode::kCorruptFile);
}

TEST(RwkvSpec, GgufKeys) {
  formats::Checkpoint file = gguf_file("rwkv7");
  file.metadata.set("rwkv7.attention.layer_norm_epsilon", {2e-5});
  const auto spec = read_rwkv_spec(file);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->time_mix, RwkvTimeMix::kV7);
  EXPECT_EQ(spec->n_layers, 3);
  EXPECT_EQ(spec->n_heads, 2);
  EXPECT_EQ(spec->head_dim, 64);
  EXPECT_EQ(spec->halve_every, 0);
  EXPECT_FLOAT_EQ(spec->norm_eps, 2e-5F);
  EXPECT_FALSE(spec->has_ffn_receptance());

  formats::Checkpoint halved = gguf_file("rwkv6");
  halved.metadata.set("rwkv6.rescale_every_n_layers", {std::int64_t{6}});
  EXPECT_EQ(read_rwkv_spec(halved)->halve_every, 6);
  halved.metadata.set("rwkv6.wkv.head_size", {std::int64_t{60}});
  EXPECT_EQ(read_rwkv_spec(halved).error().message, "rwkv6.wkv.head_size: expected a divisor of 128, found 60");
}

TEST(RwkvSpec, TellsWhichFilesAreIts) {
  EXPECT_TRUE(is_rwkv(rwkv_file("4", {})));
  EXPECT_TRUE(is_rwkv(gguf_file("rwkv6")));
  EXPECT_TRUE(is_rwkv(gguf_file("rwkv7")));
  EXPECT_FALSE(is_rwkv(gguf_file("llama")));
  EXPECT_FALSE(is_rwkv(formats::Checkpoint()));
}

}  // namespace
}  // namespace hearth::model
