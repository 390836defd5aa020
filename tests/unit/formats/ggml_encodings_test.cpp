#include "formats/ggml_encodings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hearth::formats {
namespace {

using quant::BlockType;
using testing::ElementsAre;
using testing::HasSubstr;

// The types of the numbers 0 to 15, as far as they have a meaning.
std::vector<std::string> names(GgmlEncodings encodings) {
  std::vector<std::string> found;
  for (std::uint32_t id = 0; id < 16; ++id) {
    if (const auto type = encodings(id)) {
      found.push_back(std::to_string(id) + " " + std::string(quant::info(*type).name));
    }
  }
  return found;
}

std::vector<std::string> names(GgmlMagic magic, std::uint32_t version, std::int64_t ftype) {
  return names(ggml_encodings({magic, version}, ftype));
}

const auto kFirst = ElementsAre("0 F32", "1 F16", "2 Q4_0_GEN1", "3 Q4_1_GEN1", "4 Q4_2", "5 Q4_3", "6 Q5_0_GEN1",
                                "7 Q5_1_GEN1", "8 Q8_0_GEN1");
const auto kSecond = ElementsAre("0 F32", "1 F16", "2 Q4_0_GEN2", "3 Q4_1_GEN2", "6 Q5_0", "7 Q5_1", "8 Q8_0_GEN1");
const auto kThird = ElementsAre("0 F32", "1 F16", "2 Q4_0", "3 Q4_1", "6 Q5_0", "7 Q5_1", "8 Q8_0", "10 Q2_K",
                                "11 Q3_K", "12 Q4_K", "13 Q5_K", "14 Q6_K");

TEST(GgmlEncodings, FollowTheVersionOfTheContainer) {
  EXPECT_THAT(names(GgmlMagic::kGgmf, 1, 2002), kFirst);
  EXPECT_THAT(names(GgmlMagic::kGgjt, 1, 2), kFirst);
  EXPECT_THAT(names(GgmlMagic::kGgjt, 2, 2), kSecond);
  EXPECT_THAT(names(GgmlMagic::kGgjt, 3, 2), kThird);
  EXPECT_THAT(names(GgmlMagic::kGgcc, 10, 2), kThird);
}

TEST(GgmlEncodings, FollowFtypeWhereThereIsNoVersion) {
  EXPECT_THAT(names(GgmlMagic::kGgml, 0, 2), kFirst);
  EXPECT_THAT(names(GgmlMagic::kGgml, 0, 1002), kSecond);
  EXPECT_THAT(names(GgmlMagic::kGgml, 0, 2002), kThird);
}

TEST(GgmlEncodings, OfRwkvCppHaveNumbersOfTheirOwn) {
  EXPECT_THAT(names(rwkv_cpp_encodings(100)),
              ElementsAre("0 F32", "1 F16", "2 Q4_0_GEN1", "3 Q4_1_GEN1", "4 Q4_1_O", "5 Q4_2", "6 Q4_3", "7 Q5_0_GEN1",
                          "8 Q5_1_GEN1", "9 Q8_0_GEN1"));
  EXPECT_THAT(names(rwkv_cpp_encodings(101)),
              ElementsAre("0 F32", "1 F16", "2 Q4_0", "3 Q4_1", "7 Q5_0", "8 Q5_1", "9 Q8_0"));
}

TEST(GgmlEncodings, NameAnUnknownNumber) {
  const auto type = ggml_encodings({GgmlMagic::kGgjt, 3}, 0)(4);
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().code, ErrorCode::kCorruptFile);
  EXPECT_THAT(type.error().message, HasSubstr("has the number 4"));
  EXPECT_FALSE(ggml_encodings({GgmlMagic::kGgmf, 1}, 0)(4294967295U));
}

}  // namespace
}  // namespace hearth::formats
