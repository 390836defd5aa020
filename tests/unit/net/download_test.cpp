#include "net/download.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "base/hash.h"
#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::net {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

const TransferLimits kQuick{
    .header_timeout = milliseconds(2000), .stall_timeout = milliseconds(500), .backoff = milliseconds(5)};

class Notes : public ProgressSink {
 public:
  void on_progress(const TransferProgress& progress) override { last_done_bytes = progress.done_bytes; }
  void on_note(std::string_view line) override { lines.emplace_back(line); }
  std::string all() const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
  std::vector<std::string> lines;
  std::uint64_t last_done_bytes = 0;
};

std::string sha256_of(const std::string& text) {
  return base::to_hex(base::sha256(text));
}

class DownloadTest : public testing::Test {
 protected:
  DownloadRequest request(const LocalServer& server, const std::string& sha256 = "") {
    return {.url = server.url("/model.gguf"), .target = target_, .sha256 = sha256, .limits = kQuick};
  }
  // The target or its partial file: nothing else may stay in the folder.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  TestFolder folder_;
  fs::path target_ = folder_ / "model.gguf";
  fs::path partial_ = folder_ / "model.gguf.partial";
  std::string content_ = test_content(300'000);
  std::string sha256_ = sha256_of(content_);
  Notes notes_;
};

TEST_F(DownloadTest, FetchesVerifiesAndLeavesOnlyTheTarget) {
  const LocalServer server([&](const ServedRequest& r) { return serve_content(r, content_, "\"one\""); });
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(read_text(target_), content_);
  EXPECT_EQ(file->size_bytes, content_.size());
  EXPECT_EQ(file->sha256, sha256_);
  EXPECT_FALSE(file->already_present);
  EXPECT_EQ(files(), std::vector<std::string>{"model.gguf"});
  EXPECT_EQ(notes_.last_done_bytes, content_.size());
}

TEST_F(DownloadTest, AMatchingTargetIsKeptWithoutARequest) {
  write_text(target_, content_);
  const LocalServer server([&](const ServedRequest& r) { return serve_content(r, content_, "\"one\""); });
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->already_present);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(DownloadTest, ACutDownloadGoesOnWhereItStopped) {
  std::atomic<bool> cutting = true;
  const LocalServer server([&](const ServedRequest& r) {
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    if (cutting) answer.cut_after = r.range_from() ? 0 : 100'000;
    return answer;
  });
  const auto first = download(request(server), notes_);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(first.error().message.find("bytes are kept"), std::string::npos) << first.error().message;
  EXPECT_EQ(server.requests().size(), 3u);  // three tries
  EXPECT_FALSE(fs::exists(target_));
  const auto kept = fs::file_size(partial_);
  EXPECT_GT(kept, 0u);
  cutting = false;
  const auto second = download(request(server), notes_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->resumed_from, kept);
  EXPECT_EQ(server.requests().back().header("range"), "bytes=" + std::to_string(kept) + "-");
  EXPECT_EQ(server.requests().back().header("if-range"), "\"one\"");
  EXPECT_EQ(read_text(target_), content_);
  EXPECT_EQ(second->sha256, sha256_);
  EXPECT_EQ(files(), std::vector<std::string>{"model.gguf"});
}

TEST_F(DownloadTest, CutsAtEveryPlaceEndInTheSameFile) {
  for (const std::size_t step : {1u, 4096u, 99'999u, 299'999u}) {
    fs::remove(target_);
    std::atomic<int> n_served = 0;
    const LocalServer server([&](const ServedRequest& r) {
      ServedAnswer answer = serve_content(r, content_, "\"one\"");
      if (++n_served <= 2) answer.cut_after = step;
      return answer;
    });
    const auto file = download(request(server, sha256_), notes_);
    ASSERT_TRUE(file) << step << ": " << file.error().message;
    EXPECT_EQ(read_text(target_), content_);
  }
}

TEST_F(DownloadTest, AFileThatChangedStartsOver) {
  const std::string newer = test_content(250'000, 2);
  std::atomic<bool> changed = false;
  const LocalServer server([&](const ServedRequest& r) {
    if (changed) return serve_content(r, newer, "\"two\"");
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    answer.cut_after = r.range_from() ? 0 : 100'000;
    return answer;
  });
  ASSERT_FALSE(download(request(server), notes_));
  changed = true;
  const auto file = download(request(server), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->resumed_from, 0u);
  EXPECT_EQ(read_text(target_), newer);
}

TEST_F(DownloadTest, AServerThatIgnoresIfRangeIsCaughtByItsETag) {
  const std::string newer = test_content(300'000, 2);
  std::atomic<bool> changed = false;
  const LocalServer server([&](ServedRequest r) {
    r.headers.erase("if-range");
    if (changed) return serve_content(r, newer, "\"two\"");
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    answer.cut_after = r.range_from() ? 0 : 100'000;
    return answer;
  });
  ASSERT_FALSE(download(request(server), notes_));
  changed = true;
  const auto file = download(request(server), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(read_text(target_), newer);
}

TEST_F(DownloadTest, AServerWithoutRangesStartsOver) {
  std::atomic<int> n_served = 0;
  const LocalServer server([&](const ServedRequest&) {
    ServedAnswer answer{.headers = {{"ETag", "\"one\""}}, .body = content_};
    if (++n_served == 1) answer.cut_after = 100'000;
    return answer;
  });
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(read_text(target_), content_);
  EXPECT_NE(notes_.all().find("from the start again"), std::string::npos) << notes_.all();
}

TEST_F(DownloadTest, APartialFileOfUnknownOriginIsNotContinued) {
  write_text(partial_, "bytes from somewhere else");
  const LocalServer server([&](const ServedRequest& r) { return serve_content(r, content_, ""); });
  ASSERT_TRUE(download(request(server), notes_));
  EXPECT_EQ(server.requests()[0].header("range"), "");
  EXPECT_EQ(read_text(target_), content_);
}

TEST_F(DownloadTest, AWrongChecksumKeepsTheOldFile) {
  write_text(target_, "the good old file");
  const LocalServer server(
      [&](const ServedRequest& r) { return serve_content(r, "not what was promised", "\"one\""); });
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kCorruptFile);
  EXPECT_NE(file.error().message.find(sha256_), std::string::npos) << file.error().message;
  EXPECT_NE(file.error().message.find(sha256_of("not what was promised")), std::string::npos) << file.error().message;
  EXPECT_EQ(read_text(target_), "the good old file");
  EXPECT_EQ(files(), std::vector<std::string>{"model.gguf"});
}

TEST_F(DownloadTest, AWrongPartFromAnEarlierRunIsFetchedAgain) {
  const LocalServer server([&](const ServedRequest& r) { return serve_content(r, content_, "\"one\""); });
  std::string damaged = content_.substr(0, 100'000);
  damaged[50'000] = static_cast<char>(damaged[50'000] ^ 1);
  write_text(partial_, damaged);
  write_text(folder_ / "model.gguf.partial.origin",
             R"({"url":")" + server.url("/model.gguf") + R"(","validator":"\"one\"","sha256":""})");
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(read_text(target_), content_);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(DownloadTest, ASecondSourceContinuesWhenTheChecksumIsTheSame) {
  const LocalServer first([&](const ServedRequest& r) {
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    answer.cut_after = r.range_from() ? 0 : 100'000;
    return answer;
  });
  ASSERT_FALSE(download(request(first, sha256_), notes_));
  const auto kept = fs::file_size(partial_);
  const LocalServer second([&](const ServedRequest& r) { return serve_content(r, content_, "\"other\""); });
  const auto file = download(request(second, sha256_), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->resumed_from, kept);
  EXPECT_EQ(read_text(target_), content_);
}

TEST_F(DownloadTest, AServerErrorIsTriedAgainAndAMissingFileIsNot) {
  std::atomic<int> n_served = 0;
  const LocalServer flaky([&](const ServedRequest& r) {
    return ++n_served < 3 ? ServedAnswer{.status = 503} : serve_content(r, content_, "\"one\"");
  });
  ASSERT_TRUE(download(request(flaky), notes_));
  EXPECT_EQ(flaky.requests().size(), 3u);
  fs::remove(target_);
  const LocalServer broken([](const ServedRequest&) { return ServedAnswer{.status = 500}; });
  const auto never = download(request(broken), notes_);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(broken.requests().size(), 3u);
  const LocalServer empty([](const ServedRequest&) { return ServedAnswer{.status = 404}; });
  const auto missing = download(request(empty), notes_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(empty.requests().size(), 1u);
  EXPECT_TRUE(files().empty());
}

TEST_F(DownloadTest, AStalledServerIsLeftAndTheRestComesFromTheNextTry) {
  std::atomic<int> n_served = 0;
  const LocalServer server([&](const ServedRequest& r) {
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    if (++n_served == 1) answer.stall_after = 100'000;
    return answer;
  });
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_NE(notes_.all().find("stalled"), std::string::npos) << notes_.all();
  EXPECT_EQ(server.requests().back().header("range"), "bytes=100000-");
}

TEST_F(DownloadTest, AnotherSizeThanPromisedIsRefusedBeforeTheBody) {
  write_text(target_, "the good old file");
  const LocalServer server([&](const ServedRequest& r) { return serve_content(r, content_, "\"one\""); });
  DownloadRequest wanted = request(server);
  wanted.size_bytes = content_.size() + 1;
  const auto file = download(wanted, notes_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kCorruptFile);
  EXPECT_NE(file.error().message.find("300000 bytes, expected 300001"), std::string::npos) << file.error().message;
  EXPECT_EQ(read_text(target_), "the good old file");
}

TEST_F(DownloadTest, AFileLargerThanTheDiskIsRefusedBeforeTheBody) {
  const LocalServer server(
      [&](const ServedRequest&) { return ServedAnswer{.body = content_, .announced_length = std::size_t{1} << 60}; });
  const auto file = download(request(server), notes_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(file.error().message.find("make room"), std::string::npos) << file.error().message;
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(files().empty());
}

TEST_F(DownloadTest, TwoThreadsShareOneDownload) {
  const LocalServer server([&](const ServedRequest& r) {
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    answer.pause_per_chunk = milliseconds(5);
    return answer;
  });
  Notes other_notes;
  std::optional<Result<DownloadedFile>> other;
  std::thread thread([&] { other = download(request(server, sha256_), other_notes); });
  const auto mine = download(request(server, sha256_), notes_);
  thread.join();
  ASSERT_TRUE(mine) << mine.error().message;
  ASSERT_TRUE(*other) << other->error().message;
  EXPECT_NE(mine->already_present, (*other)->already_present);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(notes_.lines.size() + other_notes.lines.size(), 1u);
  EXPECT_EQ(read_text(target_), content_);
  EXPECT_EQ(files(), std::vector<std::string>{"model.gguf"});
}

TEST_F(DownloadTest, AKilledProcessLeavesAPartialFileThatIsContinued) {
  std::atomic<bool> slow = true;
  const LocalServer server([&](const ServedRequest& r) {
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    if (slow) answer.pause_per_chunk = milliseconds(20);
    return answer;
  });
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)download(request(server, sha256_), notes_);
    ::_exit(0);
  }
  std::error_code error;
  for (int i = 0; i < 500 && (!fs::exists(partial_) || fs::file_size(partial_, error) < 50'000); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(fs::exists(target_));
  const auto kept = fs::file_size(partial_);
  EXPECT_GE(kept, 50'000u);
  slow = false;
  const auto file = download(request(server, sha256_), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->resumed_from, kept);
  EXPECT_EQ(read_text(target_), content_);
}

TEST_F(DownloadTest, CancelKeepsThePartialFile) {
  const LocalServer server([&](const ServedRequest& r) {
    ServedAnswer answer = serve_content(r, content_, "\"one\"");
    answer.pause_per_chunk = milliseconds(20);
    return answer;
  });
  std::atomic<bool> cancel = false;
  DownloadRequest wanted = request(server, sha256_);
  wanted.cancel = &cancel;
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(300));
    cancel = true;
  });
  const auto file = download(wanted, notes_);
  later.join();
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kCancelled);
  EXPECT_GT(fs::file_size(partial_), 0u);
}

TEST_F(DownloadTest, CopiesAFileAddressAndVerifiesIt) {
  const fs::path source = folder_ / "source file";
  write_text(source, content_);
  const DownloadRequest wanted{
      .url = "file://" + folder_.path().string() + "/source%20file", .target = target_, .sha256 = sha256_};
  const auto file = download(wanted, notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(read_text(target_), content_);
}

TEST_F(DownloadTest, AnEmptyFileIsAFile) {
  const LocalServer server([](const ServedRequest&) { return ServedAnswer{}; });
  const auto file = download(request(server), notes_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(fs::exists(target_));
  EXPECT_EQ(file->size_bytes, 0u);
}

TEST_F(DownloadTest, AFolderOrAMissingFolderIsAnError) {
  const LocalServer server([](const ServedRequest&) { return ServedAnswer{}; });
  DownloadRequest wanted = request(server);
  wanted.target = folder_.path();
  EXPECT_EQ(download(wanted, notes_).error().code, ErrorCode::kInvalidArgument);
  wanted.target = folder_ / "missing" / "model.gguf";
  EXPECT_EQ(download(wanted, notes_).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace hearth::net
