#include "base/log.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth::base {
namespace {

class Log : public testing::Test {
 protected:
  void TearDown() override { set_log_level(LogLevel::kInfo); }

  template <typename Write>
  std::string stderr_of(Write write) {
    testing::internal::CaptureStderr();
    write();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, WritesOneLineWithLevelAndMessageToStderr) {
  const std::string line = stderr_of([] { log_warning("loaded {} of {} tensors", 3, 4); });
  EXPECT_NE(line.find("warning"), std::string::npos) << line;
  EXPECT_NE(line.find("loaded 3 of 4 tensors\n"), std::string::npos) << line;
}

TEST_F(Log, TheLevelDecidesWhatIsWritten) {
  EXPECT_EQ(stderr_of([] { log_debug("not by default"); }), "");
  set_log_level(LogLevel::kDebug);
  EXPECT_NE(stderr_of([] { log_debug("now"); }), "");
  set_log_level(LogLevel::kError);
  EXPECT_FALSE(log_enabled(LogLevel::kWarning));
  EXPECT_EQ(stderr_of([] { log_info("not any more"); }), "");
  EXPECT_NE(stderr_of([] { log_error("still"); }), "");
}

}  // namespace
}  // namespace hearth::base
