#include "api/api_error.h"

#include <gtest/gtest.h>

namespace hearth::api {
namespace {

TEST(ApiError, BodyHasAllFourKeys) {
  EXPECT_EQ(
      base::dump_json(error_json({ErrorKind::kInvalidType, "m", "messages[0].role"})),
      R"({"error":{"message":"m","type":"invalid_request_error","param":"messages[0].role","code":"invalid_type"}})");
  EXPECT_EQ(base::dump_json(error_json({ErrorKind::kBadRequest, "m"})),
            R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}})");
}

TEST(ApiError, EveryKindHasARow) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    const ErrorRow& row = error_row(static_cast<ErrorKind>(kind));
    EXPECT_GE(row.status, 400);
    EXPECT_FALSE(row.type.empty());
  }
}

TEST(ApiError, BackendReasonsMapToStatusAndCode) {
  using backends::Reason;
  struct Case {
    Reason reason;
    int status;
    std::string_view code;
  };
  for (const Case& c :
       {Case{Reason::kInvalid, 400, "invalid_value"}, Case{Reason::kContextLength, 400, "context_length_exceeded"},
        Case{Reason::kModelMissing, 400, "missing_required_parameter"},
        Case{Reason::kModelNotFound, 404, "model_not_found"}, Case{Reason::kUnsupported, 400, "unsupported_parameter"},
        Case{Reason::kOverloaded, 429, "rate_limit_exceeded"}, Case{Reason::kLoading, 503, "model_loading"},
        Case{Reason::kInternal, 500, ""}}) {
    const ErrorRow& row = error_row(to_api_error({c.reason, "m", "p"}).kind);
    EXPECT_EQ(row.status, c.status);
    EXPECT_EQ(row.code, c.code);
  }
}

}  // namespace
}  // namespace hearth::api
