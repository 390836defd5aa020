#include "formats/ggml_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "formats/ggml_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> values_of(const TensorView& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

// One of two parts: the embedding by columns, wq by rows, the norm in both.
GgmlBuilder half(float first, std::int32_t n_columns = 2) {
  GgmlBuilder builder;
  builder.put(kGgmfMagic).put(1).ints({1, 4, 2, 1, 1, 4, 0}).text("a").put(0.0F);
  builder.f32_tensor("tok_embeddings.weight", {n_columns, 2}, first);
  builder.f32_tensor("norm.weight", {4}, 7.0F);
  builder.f32_tensor("layers.0.attention.wq.weight", {4, 1}, first);
  builder.f32_tensor("layers.0.feed_forward.w2.weight", {1, 2}, first);
  return builder;
}

struct Joined {
  std::deque<std::vector<std::byte>> owned;
  Result<std::vector<TensorView>> tensors;
};

Joined join(const std::array<GgmlBuilder, 2>& halves) {
  std::vector<GgmlPart> parts;
  for (const GgmlBuilder& builder : halves) {
    parts.push_back(parse_ggml_part(bytes_of(builder.bytes())).value());
  }
  Joined joined;
  joined.tensors = join_ggml_parts(parts, std::array<std::string, 2>{"m.bin", "m.bin.1"}, {}, joined.owned);
  return joined;
}

TEST(GgmlSplit, CountsPartsByTheEmbedding) {
  const auto count = [](const GgmlBuilder& builder) {
    return count_ggml_parts(parse_ggml_part(bytes_of(builder.bytes())).value());
  };
  EXPECT_EQ(count(half(0.0F)).value(), 2);
  EXPECT_EQ(count(half(0.0F, 4)).value(), 1);
  const auto wrong = count(half(0.0F, 3));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("tensor tok_embeddings.weight: n_embd (4) columns"));
  EXPECT_FALSE(count(half(0.0F, 8)));
}

TEST(GgmlSplit, JoinsColumnsAndRows) {
  const std::array halves = {half(0.0F), half(100.0F)};
  const Joined joined = join(halves);
  ASSERT_TRUE(joined.tensors) << joined.tensors.error().message;
  const auto& tensors = *joined.tensors;
  ASSERT_EQ(tensors.size(), 4U);
  EXPECT_THAT(tensors[0].shape, ElementsAre(2, 4));
  EXPECT_THAT(values_of(tensors[0]), ElementsAre(0, 1, 100, 101, 2, 3, 102, 103));
  EXPECT_EQ(tensors[0].file_index, -1);
  EXPECT_THAT(tensors[1].shape, ElementsAre(4));
  EXPECT_THAT(values_of(tensors[1]), ElementsAre(7, 8, 9, 10));
  EXPECT_EQ(tensors[1].file_index, 0);
  EXPECT_THAT(tensors[2].shape, ElementsAre(2, 4));
  EXPECT_THAT(values_of(tensors[2]), ElementsAre(0, 1, 2, 3, 100, 101, 102, 103));
  EXPECT_THAT(tensors[3].shape, ElementsAre(2, 2));
  EXPECT_THAT(values_of(tensors[3]), ElementsAre(0, 100, 1, 101));
}

TEST(GgmlSplit, NamesThePartThatDoesNotFit) {
  GgmlBuilder missing;
  missing.put(kGgmfMagic).put(1).ints({1, 4, 2, 1, 1, 4, 0}).text("a").put(0.0F);
  missing.f32_tensor("tok_embeddings.weight", {2, 2}).f32_tensor("layers.0.attention.wq.weight", {4, 1});
  const Joined without = join({half(0.0F), missing});
  ASSERT_FALSE(without.tensors);
  EXPECT_THAT(without.tensors.error().message, HasSubstr("m.bin.1: tensor norm.weight is missing"));

  const Joined reshaped = join({half(0.0F), half(0.0F, 4)});
  ASSERT_FALSE(reshaped.tensors);
  EXPECT_THAT(reshaped.tensors.error().message,
              HasSubstr("m.bin.1: tensor tok_embeddings.weight: F32 [2, 2] is expected as in the first part"));

  GgmlBuilder twice = half(0.0F);
  twice.f32_tensor("norm.weight", {4});
  EXPECT_THAT(join({half(0.0F), twice}).tensors.error().message, HasSubstr("two tensors have the name norm.weight"));
}

}  // namespace
}  // namespace hearth::formats
