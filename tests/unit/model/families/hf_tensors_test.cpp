#include "model/families/hf_tensors.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth::model {
namespace {

formats::Checkpoint with_tensor(const std::string& name) {
  formats::Checkpoint checkpoint;
  checkpoint.convention = formats::Convention::kHf;
  checkpoint.tensors.push_back({.name = name});
  return checkpoint;
}

TEST(HfTensorsTest, TiedOutputIsTheEmbeddingWhateverElseThereIs) {
  formats::Checkpoint checkpoint = with_tensor("lm_head.weight");
  checkpoint.metadata.set("tie_word_embeddings", {true});
  TensorTable table = hf_tensors();
  ASSERT_TRUE(tie_output(checkpoint, false, table));
  EXPECT_TRUE(table.output.name.empty());
}

TEST(HfTensorsTest, TheClassDecidesWhereTheFileDoesNot) {
  TensorTable tied = hf_tensors();
  ASSERT_TRUE(tie_output(with_tensor("lm_head.weight"), true, tied));
  EXPECT_TRUE(tied.output.name.empty());
  TensorTable untied = hf_tensors();
  ASSERT_TRUE(tie_output(with_tensor("language_model.lm_head.qweight"), false, untied));
  EXPECT_EQ(untied.output.name, "lm_head");
}

TEST(HfTensorsTest, MissingUntiedOutputIsCorrupt) {
  TensorTable table = hf_tensors();
  const Status status = tie_output(with_tensor("model.norm.weight"), false, table);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorruptFile);
  EXPECT_NE(status.error().message.find("lm_head.weight is missing"), std::string::npos) << status.error().message;
}

TEST(HfTensorsTest, FusedRowsAndNormsPlusOne) {
  TensorTable table = with_norms_plus_one(hf_tensors_with_post_norms());
  fuse_qkv(table, {.name = "qkv", .qkv = QkvLayout::kGroups});
  EXPECT_EQ(table.query.part, RowPart::kQuery);
  EXPECT_EQ(table.key.part, RowPart::kKey);
  EXPECT_EQ(table.value.part, RowPart::kValue);
  EXPECT_EQ(table.value.qkv, QkvLayout::kGroups);
  EXPECT_EQ(table.ffn_norm.plus, 1.0F);
  EXPECT_EQ(table.output_norm.plus, 1.0F);
  EXPECT_EQ(table.down.plus, 0.0F);
}

}  // namespace
}  // namespace hearth::model
