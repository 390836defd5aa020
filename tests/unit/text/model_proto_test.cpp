#include "text/model_proto.h"

#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(ModelProto, TheLibraryReadsWhatWeWrite) {
  const Vocabulary vocabulary(
      {"<unk>", "<s>", "a", "b", "ab"}, {0, 0, -2, -3, -1},
      {TokenKind::kUnknown, TokenKind::kControl, TokenKind::kNormal, TokenKind::kNormal, TokenKind::kUserDefined});
  sentencepiece::SentencePieceProcessor processor;
  ASSERT_TRUE(processor.LoadFromSerializedProto(write_model_proto(vocabulary)).ok());
  ASSERT_EQ(processor.GetPieceSize(), 5);
  EXPECT_EQ(processor.IdToPiece(4), "ab");
  EXPECT_EQ(processor.GetScore(3), -3.0F);
  EXPECT_EQ(processor.unk_id(), 0);
  EXPECT_TRUE(processor.IsControl(1));
  EXPECT_FALSE(processor.IsControl(2));
}

TEST(ModelProto, EmptyAndRepeatedPiecesKeepTheirPlaces) {
  const Vocabulary vocabulary({"<unk>", "", "a", "a"}, {},
                              {TokenKind::kUnknown, TokenKind::kNormal, TokenKind::kNormal, TokenKind::kNormal});
  sentencepiece::SentencePieceProcessor processor;
  ASSERT_TRUE(processor.LoadFromSerializedProto(write_model_proto(vocabulary)).ok());
  EXPECT_EQ(processor.GetPieceSize(), 4);
  EXPECT_EQ(processor.PieceToId("a"), 2);
}

TEST(ModelProto, AVocabularyWithoutAnUnknownTokenLoads) {
  sentencepiece::SentencePieceProcessor processor;
  EXPECT_TRUE(processor.LoadFromSerializedProto(write_model_proto(Vocabulary({"a", "b"}, {}, {}))).ok());
}

}  // namespace
}  // namespace hearth::text
