#include "api/json_values.h"

#include <gtest/gtest.h>

namespace hearth::api {
namespace {

TEST(JsonValues, AWholeDecimalIsAnInteger) {
  EXPECT_EQ(read_integer(Json(1.0), "x"), 1);
  EXPECT_EQ(read_integer(Json(-3), "x"), -3);
  EXPECT_EQ(read_integer(Json(1.5), "x").error().kind, ErrorKind::kInvalidType);
  EXPECT_EQ(read_integer(Json(1e300), "x").error().kind, ErrorKind::kInvalidType);
  EXPECT_EQ(read_integer(Json(true), "x").error().kind, ErrorKind::kInvalidType);
  EXPECT_EQ(read_integer(Json(UINT64_MAX), "x").error().kind, ErrorKind::kIntegerAboveMax);
}

TEST(JsonValues, ANumberThatIsNoneIsRefused) {
  EXPECT_FALSE(read_number(Json(std::numeric_limits<double>::quiet_NaN()), "x", 0, 1));
  EXPECT_FALSE(read_number(Json(nullptr), "x", 0, 1));
  EXPECT_EQ(read_number(Json(1), "x", 0, 1), 1.0);
}

TEST(JsonValues, MessagesSayWhatWasFound) {
  EXPECT_EQ(read_text(Json(5), "messages[0].role").error().message,
            "Invalid type for 'messages[0].role': expected a string, but got an integer instead.");
  EXPECT_EQ(describe_type(Json(nullptr)), "null");
  EXPECT_EQ(describe_type(Json(1.5)), "a decimal number");
  EXPECT_EQ(describe_type(Json::array()), "an array");
  EXPECT_EQ(describe_type(Json::object()), "an object");
  EXPECT_EQ(read_flag(Json("true"), "x").error().param, "x");
}

}  // namespace
}  // namespace hearth::api
