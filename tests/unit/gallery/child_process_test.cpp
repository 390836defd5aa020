#include "gallery/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

using std::chrono::milliseconds;

ChildRequest shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}, .folder = "/"};
}

TEST(ChildProcess, GivesExitCodeAndTheEndOfItsOutput) {
  const auto result = run_child(shell("echo first; echo second >&2; exit 3"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->output_tail, "first\nsecond\n");
  const auto flood = run_child(shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done"));
  EXPECT_LE(flood->output_tail.size(), 4096u);
  EXPECT_EQ(last_line(flood->output_tail), "line 2999");
}

TEST(ChildProcess, HasNoInputAndItsOwnFolderAndEnvironment) {
  const net::TestFolder folder;
  ChildRequest request = shell("if read x; then echo input; fi; pwd; echo $ADDED; echo $HOME");
  request.folder = folder.path();
  request.environment = {{"ADDED", "value"}, {"HOME", "/elsewhere"}};
  EXPECT_EQ(run_child(request)->output_tail, folder.path().string() + "\nvalue\n/elsewhere\n");
}

TEST(ChildProcess, IsStoppedWithAllItStartedAtTheDeadline) {
  const net::TestFolder folder;
  ChildRequest request = shell("(sleep 2; echo late > late) & sleep 60");
  request.folder = folder.path();
  request.deadline = milliseconds(300);
  const auto started = std::chrono::steady_clock::now();
  const auto result = run_child(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
  std::this_thread::sleep_for(milliseconds(2500));
  EXPECT_FALSE(std::filesystem::exists(folder / "late"));
}

TEST(ChildProcess, IsStoppedByCancel) {
  std::atomic<bool> cancel = false;
  ChildRequest request = shell("sleep 60");
  request.cancel = &cancel;
  int n_ticks = 0;
  request.on_tick = [&] {
    if (++n_ticks == 2) cancel = true;
  };
  EXPECT_EQ(run_child(request).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(n_ticks, 2);
}

TEST(ChildProcess, AProgramThatIsNotThereFails) {
  const auto result = run_child({.program = "/nonexistent/program", .arguments = {}, .folder = "/"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 127);
  EXPECT_EQ(run_child(shell("kill -9 $$"))->exit_code, 128 + SIGKILL);
}

TEST(FindProgram, LooksThroughPath) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_FALSE(find_program("no-such-program-here"));
}

TEST(LastLine, IsTheLastThatSaysSomething) {
  EXPECT_EQ(last_line("one\ntwo\n\n  \n"), "two");
  EXPECT_EQ(last_line("10%\r100%\rdone\x1b[0m"), "done[0m");
  EXPECT_EQ(last_line("\n\n"), "");
  EXPECT_EQ(last_line(""), "");
}

}  // namespace
}  // namespace hearth::gallery
