#include "formats/ggml_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>

#include "formats/ggml_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr GgmlContainer kUnversioned{GgmlMagic::kGgml, 0};
constexpr GgmlContainer kGgjt{GgmlMagic::kGgjt, 3};
constexpr GgmlContainer kGgcc{GgmlMagic::kGgcc, 10};

// The n-th layout of that name.
const GgmlLayout& layout_of(std::string_view architecture, int n = 0) {
  for (const GgmlLayout& layout : ggml_layouts()) {
    if (layout.architecture == architecture && n-- == 0) {
      return layout;
    }
  }
  ADD_FAILURE() << architecture;
  return ggml_layouts().front();
}

// Both ways of reading must agree about success and about the place they end at.
Result<Metadata> read(const std::string& bytes, const GgmlLayout& layout, const GgmlContainer& container) {
  base::ByteReader reader(bytes_of(bytes));
  base::ByteReader skipping(bytes_of(bytes));
  auto metadata = read_ggml_header(reader, layout, container);
  EXPECT_EQ(skip_ggml_header(skipping, layout, container).has_value(), metadata.has_value());
  EXPECT_EQ(reader.offset(), skipping.offset());
  return metadata;
}

GgmlBuilder llama_fields(std::int32_t n_vocab) {
  return GgmlBuilder().ints({n_vocab, 64, 32, 4, 2, 16, 1});
}

TEST(GgmlHeader, ReadsLlamaWithAndWithoutScores) {
  GgmlBuilder with = llama_fields(2);
  with.text("a").put(-1.5F).text(std::string("\0b", 2)).put(-2.0F);
  const auto scored = read(with.bytes(), layout_of("llama"), kGgjt);
  ASSERT_TRUE(scored) << scored.error().message;
  EXPECT_EQ(scored->text("general.architecture"), "llama");
  EXPECT_EQ(scored->integer("ggml.n_vocab"), 2);
  EXPECT_EQ(scored->integer("ggml.n_embd"), 64);
  EXPECT_EQ(scored->integer("ggml.n_rot"), 16);
  EXPECT_EQ(scored->integer("ggml.ftype"), 1);
  EXPECT_THAT(*scored->texts("ggml.tokens"), ElementsAre("a", std::string("\0b", 2)));
  EXPECT_THAT(*scored->floats("ggml.scores"), ElementsAre(-1.5F, -2.0F));

  const auto plain = read(llama_fields(2).text("a").text("").bytes(), layout_of("llama"), kUnversioned);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_THAT(*plain->texts("ggml.tokens"), ElementsAre("a", ""));
  EXPECT_EQ(plain->floats("ggml.scores"), nullptr);
}

TEST(GgmlHeader, TurnsCodePointsOfMptIntoBytes) {
  GgmlBuilder builder;
  builder.ints({64, 256, 4, 2, 4}).put(8.0F).put(0.0F).put(1);
  // e0 a1 as code points, a token that is a byte itself, one beyond 255, one that is no UTF-8.
  builder.text("\xC3\xA0\xC2\xA1").text("x").text("\xE2\x82\xAC").text("\xC3");
  const auto metadata = read(builder.bytes(), layout_of("mpt"), kUnversioned);
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_THAT(*metadata->texts("ggml.tokens"), ElementsAre("\xE0\xA1", "x", "\xE2\x82\xAC", "\xC3"));
  EXPECT_EQ(metadata->number("ggml.alibi_bias_max"), 8.0);
  EXPECT_EQ(metadata->integer("ggml.d_model"), 64);
}

TEST(GgmlHeader, ReadsMergesOfGgcc) {
  GgmlBuilder builder;
  builder.ints({1, 64, 4, 1, 2, 7, 2, 2}).text("a").put(0.0F);
  builder.put(2).text("a").text("b").text("\xC4\xA0").text("c");
  const auto metadata = read(builder.bytes(), layout_of("falcon", 1), kGgcc);
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_THAT(*metadata->texts("ggml.merges"), ElementsAre("a b", "\xC4\xA0 c"));
  EXPECT_EQ(metadata->integer("ggml.n_head_kv"), 1);
}

TEST(GgmlHeader, NamesTheFieldThatCannotBe) {
  struct Case {
    std::vector<std::int32_t> fields;
    const char* message;
  };
  for (const Case& wrong :
       {Case{{0, 64, 32, 4, 2, 16, 1}, "n_vocab at byte 0: 1 to 16777216 is expected, found 0"},
        Case{{-1, 64, 32, 4, 2, 16, 1}, "n_vocab at byte 0"}, Case{{1 << 25, 64, 32, 4, 2, 16, 1}, "n_vocab at byte 0"},
        Case{{2, 0, 32, 4, 2, 16, 1}, "n_embd at byte 4: 1 to 1048576 is expected, found 0"},
        Case{{2, 64, 32, -4, 2, 16, 1}, "n_head at byte 12: 0 to 2147483647 is expected, found -4"},
        Case{{2, 64, 32, 4, 2, 16, 5000}, "ftype at byte 24: 0 to 2999 is expected, found 5000"}}) {
    const auto metadata = read(GgmlBuilder().ints(wrong.fields).bytes(), layout_of("llama"), kUnversioned);
    ASSERT_FALSE(metadata);
    EXPECT_EQ(metadata.error().code, ErrorCode::kCorruptFile);
    EXPECT_THAT(metadata.error().message, HasSubstr(wrong.message));
  }
  GgmlBuilder builder;
  builder.ints({64, 256, 4, 2, 1}).put(std::numeric_limits<float>::infinity()).put(0.0F).put(1).text("a");
  EXPECT_THAT(read(builder.bytes(), layout_of("mpt"), kUnversioned).error().message,
              HasSubstr("alibi_bias_max at byte 20"));
}

TEST(GgmlHeader, ChecksLengthsBeforeUse) {
  const auto message = [](const GgmlBuilder& builder, const GgmlLayout& layout, const GgmlContainer& container) {
    const auto metadata = read(builder.bytes(), layout, container);
    return metadata ? "" : metadata.error().message;
  };
  const GgmlLayout& llama = layout_of("llama");
  EXPECT_THAT(message(llama_fields(1000).text("a"), llama, kUnversioned),
              HasSubstr("1000 vocabulary entries do not fit into the 5 bytes that are left"));
  EXPECT_THAT(message(llama_fields(1).put(0xFFFFFFFFU), llama, kUnversioned),
              HasSubstr("vocabulary entry 0 at byte 28: at most 1024 bytes are expected, found 4294967295"));
  EXPECT_THAT(message(llama_fields(1).put(9).raw("abc"), llama, kUnversioned),
              HasSubstr("vocabulary entry 0 at byte 32 needs 9 bytes"));
  EXPECT_THAT(message(llama_fields(1).text("abcd"), llama, kGgjt),
              HasSubstr("the score of vocabulary entry 0 at byte 36 needs 4 bytes"));
  GgmlBuilder merges;
  merges.ints({1, 64, 4, 1, 2, 7, 2, 2}).text("a").put(0.0F).put(0xFFFFFFFFU);
  EXPECT_THAT(message(merges, layout_of("falcon", 1), kGgcc), HasSubstr("4294967295 merges do not fit"));
  GgmlBuilder repeated;
  repeated.ints({1, 256, 64, 4, 2, 16, 1, 2}).text("a");
  EXPECT_THAT(message(repeated, layout_of("gptj"), kUnversioned),
              HasSubstr("the size of the vocabulary at byte 28 should be n_vocab, 1, found 2"));
}

TEST(GgmlHeader, RefusesEveryTruncation) {
  GgmlBuilder builder;
  builder.ints({2, 64, 4, 1, 2, 7, 2, 1}).text("ab").put(0.0F).text("c").put(0.0F);
  builder.put(1).text("a").text("b");
  const std::string& bytes = builder.bytes();
  ASSERT_TRUE(read(bytes, layout_of("falcon", 1), kGgcc));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto metadata = read(bytes.substr(0, size), layout_of("falcon", 1), kGgcc);
    ASSERT_FALSE(metadata) << size;
    EXPECT_EQ(metadata.error().code, ErrorCode::kCorruptFile);
  }
}

TEST(GgmlHeader, KnowsWhichLayoutOccursWhere) {
  EXPECT_TRUE(occurs_in(layout_of("llama"), kUnversioned));
  EXPECT_TRUE(occurs_in(layout_of("llama"), kGgjt));
  EXPECT_FALSE(occurs_in(layout_of("llama"), kGgcc));
  EXPECT_TRUE(occurs_in(layout_of("mpt"), kUnversioned));
  EXPECT_FALSE(occurs_in(layout_of("mpt"), kGgjt));
  EXPECT_TRUE(occurs_in(layout_of("falcon", 1), kGgcc));
  EXPECT_FALSE(occurs_in(layout_of("falcon", 1), kGgjt));
}

}  // namespace
}  // namespace hearth::formats
