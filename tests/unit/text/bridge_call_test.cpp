#include "text/bridge_call.h"

#include <gtest/gtest.h>

#include "hearth-bridge/src/lib.rs.h"

namespace hearth::text {
namespace {

TEST(BridgeCall, APanicInRustIsAnInternalErrorOfOneCall) {
  const auto panic = [] {
    return call_bridge(ErrorCode::kInvalidArgument, "test", [] { bridge::inject_panic("injected"); });
  };
  for (int i = 0; i < 2; ++i) {
    const Result<void> result = panic();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInternal);
    EXPECT_EQ(result.error().message, "test: panic: injected");
  }
  EXPECT_TRUE(call_bridge(ErrorCode::kInvalidArgument, "test", [] { return 1; }));
}

TEST(BridgeCall, OtherFailuresTakeTheCodeOfTheCaller) {
  const auto result = call_bridge(ErrorCode::kCorruptFile, "test", [] { return bridge::new_json_tokenizer({}); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorruptFile);
}

}  // namespace
}  // namespace hearth::text
