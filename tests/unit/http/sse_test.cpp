#include "http/sse.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

TEST(Sse, FramesOneLine) {
  EXPECT_EQ(sse_data("{}"), "data: {}\n\n");
  EXPECT_EQ(sse_data(""), "data: \n\n");
  EXPECT_EQ(sse_event("ping", "{}"), "event: ping\ndata: {}\n\n");
  EXPECT_EQ(sse_comment("ping"), ": ping\n\n");
}

TEST(Sse, EveryKindOfLineBreakStartsADataLine) {
  EXPECT_EQ(sse_data("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(sse_comment("a\nevent: x"), ": a\n: event: x\n\n");
}

}  // namespace
}  // namespace hearth::http
