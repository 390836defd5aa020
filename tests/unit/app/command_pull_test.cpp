#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "app/commands_models.h"
#include "base/hash.h"
#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::app {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int exit_code;
  std::string out, error;
};

Outcome pull(const PullOptions& options) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int exit_code = run_pull(options);
  std::fflush(stdout);
  return {exit_code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

class CommandPull : public testing::Test {
 protected:
  net::TestFolder folder_;
  std::string content_ = net::test_content(200'000);
  std::string sha256_ = base::to_hex(base::sha256(content_));
  std::chrono::milliseconds pause_{0};
  net::LocalServer server_{[this](const net::ServedRequest& request) {
    net::ServedAnswer answer = net::serve_content(request, content_, "\"one\"");
    answer.pause_per_chunk = pause_;
    return answer;
  }};
};

TEST_F(CommandPull, SaysWhatItDid) {
  const PullOptions options{.models_path = folder_ / "models", .reference = server_.url("/a.gguf"), .sha256 = sha256_};
  const Outcome first = pull(options);
  EXPECT_EQ(first.exit_code, 0) << first.error;
  EXPECT_EQ(first.out, "a is installed from " + server_.url("/a.gguf") + ": " + (folder_ / "models/a.gguf").string() +
                           " (200.0 kB)\n");
  EXPECT_NE(first.error.find("a.gguf: 100% of 200.0 kB"), std::string::npos) << first.error;
  const Outcome again = pull(options);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.out.find("is installed already"), std::string::npos) << again.out;
}

TEST_F(CommandPull, AFailureIsOneLineOnStderr) {
  const Outcome wrong =
      pull({.models_path = folder_ / "models", .reference = server_.url("/a.gguf"), .sha256 = std::string(64, '0')});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(wrong.out, "");
  EXPECT_NE(wrong.error.find("hearth pull: "), std::string::npos);
  EXPECT_NE(wrong.error.find("wrong checksum"), std::string::npos) << wrong.error;
  const Outcome unknown = pull({.models_path = folder_ / "models", .reference = "no-such-model"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(std::count(unknown.error.begin(), unknown.error.end(), '\n'), 1) << unknown.error;
}

TEST_F(CommandPull, AnInterruptKeepsThePartForTheNextRun) {
  pause_ = std::chrono::milliseconds(20);
  std::thread later([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    ::kill(::getpid(), SIGINT);
  });
  const PullOptions options{.models_path = folder_ / "models", .reference = server_.url("/a.gguf"), .sha256 = sha256_};
  const Outcome stopped = pull(options);
  later.join();
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_NE(stopped.error.find("cancelled"), std::string::npos) << stopped.error;
  EXPECT_GT(fs::file_size(folder_ / "models/a.gguf.partial"), 0u);
  pause_ = std::chrono::milliseconds(0);
  EXPECT_EQ(pull(options).exit_code, 0);
  EXPECT_NE(server_.requests().back().header("range"), "");
  EXPECT_EQ(net::read_text(folder_ / "models/a.gguf"), content_);
}

}  // namespace
}  // namespace hearth::app
