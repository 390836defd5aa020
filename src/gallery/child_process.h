// A child process with no input, a deadline and its output's end kept: how the machine's own pip is run.
//
// The child and all it starts die with the deadline, on cancel, and with this process. No shell is involved.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace hearth::gallery {

struct ChildRequest {
  std::filesystem::path program;                                 // absolute
  std::vector<std::string> arguments;                            // without the program's name
  std::filesystem::path folder;                                  // where it runs
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
  std::chrono::milliseconds deadline{std::chrono::minutes(30)};
  const std::atomic<bool>* cancel = nullptr;
  std::function<void()> on_tick;  // about five times a second
};

struct ChildResult {
  int exit_code = 0;        // 128 + signal when it was killed
  std::string output_tail;  // stdout and stderr together, the last 4 KiB
};

// Errors: unavailable (cannot be started, or the deadline passed), cancelled.
Result<ChildResult> run_child(const ChildRequest& request);

// The absolute path of a program in PATH.
std::optional<std::filesystem::path> find_program(const std::string& name);

// The last line of a program's output that is not empty, without control characters.
std::string last_line(const std::string& output);

}  // namespace hearth::gallery
