// Runs a command and keeps what it printed, for the tests of app.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace hearth::app {

struct CommandOutput {
  int code = 0;
  std::string out;
  std::string err;
};

template <typename Command>
CommandOutput capture(Command&& command) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  CommandOutput output;
  output.code = command();
  output.out = testing::internal::GetCapturedStdout();
  output.err = testing::internal::GetCapturedStderr();
  return output;
}

inline std::string golden_model(const std::string& fixture) {
  return std::string(HEARTH_GOLDEN_FOLDER) + "/" + fixture + "/model.gguf";
}

}  // namespace hearth::app
