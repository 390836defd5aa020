#include "formats/checkpoint.h"

#include <gtest/gtest.h>

#include <array>

namespace hearth::formats {
namespace {

TEST(Checkpoint, FindsTensorsAndCountsBytes) {
  const std::array<std::byte, 24> bytes{};
  Checkpoint checkpoint;
  checkpoint.tensors.push_back({.name = "a", .shape = {3, 2}, .bytes = bytes});
  checkpoint.tensors.push_back({.name = "b", .shape = {}, .bytes = std::span(bytes).first(4)});
  ASSERT_TRUE(checkpoint.index_tensors());
  EXPECT_EQ(checkpoint.tensor_bytes(), 28);
  EXPECT_EQ(checkpoint.find("b"), &checkpoint.tensors[1]);
  EXPECT_EQ(checkpoint.find("c"), nullptr);
  EXPECT_EQ(checkpoint.find("a")->n_rows(), 3);
  EXPECT_EQ(checkpoint.find("a")->n_cols(), 2);
  EXPECT_EQ(checkpoint.find("b")->n_rows(), 1);
}

TEST(Checkpoint, RefusesTwoTensorsOfOneName) {
  Checkpoint checkpoint;
  checkpoint.tensors.resize(2);
  checkpoint.tensors[0].name = checkpoint.tensors[1].name = "same";
  const auto status = checkpoint.index_tensors();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "two tensors have the name same");
}

TEST(Checkpoint, DiscardsTensorsInMemoryButNoPartsOfThem) {
  Checkpoint checkpoint;
  checkpoint.owned.emplace_back(std::size_t{8});
  TensorView tensor;
  tensor.file_index = -1;
  tensor.bytes = checkpoint.owned.front();
  TensorView part = tensor;
  part.bytes = tensor.bytes.first(4);
  checkpoint.discard(part);
  EXPECT_EQ(checkpoint.owned.front().size(), 8U);
  checkpoint.discard(tensor);
  EXPECT_TRUE(checkpoint.owned.front().empty());
}

}  // namespace
}  // namespace hearth::formats
