#include <gtest/gtest.h>

#include "base/hash.h"
#include "gallery/source.h"
#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

using net::LocalServer;
using net::ServedAnswer;
using net::ServedRequest;

class SourceHf : public testing::Test {
 protected:
  // As the hub does: the numbers on a redirect, the bytes from another server.
  ServedAnswer redirect() const {
    return {.status = 302,
            .headers = {{"Location", storage_.url("/blob")},
                        {"X-Linked-Size", std::to_string(content_.size())},
                        {"X-Linked-ETag", "\"" + announced_sha256_ + "\""}}};
  }
  SourceRequest request() const {
    return {.reference = "hf://owner/repo/model.gguf",
            .target = folder_ / "model.gguf",
            .size_bytes = {},
            .sha256 = "",
            .hub = {.endpoint = hub_.url(""), .token = "secret"},
            .limits = {.backoff = std::chrono::milliseconds(5)}};
  }

  net::TestFolder folder_;
  net::SilentProgress progress_;
  std::string content_ = net::test_content(100'000);
  std::string announced_sha256_ = base::to_hex(base::sha256(content_));
  LocalServer storage_{[this](const ServedRequest& r) { return net::serve_content(r, content_, "\"one\""); }};
  LocalServer hub_{[this](const ServedRequest&) { return redirect(); }};
};

TEST_F(SourceHf, VerifiesByTheHubsOwnHeaders) {
  const auto file = fetch_hf(request(), progress_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(net::read_text(folder_ / "model.gguf"), content_);
  EXPECT_EQ(file->sha256, announced_sha256_);
  ASSERT_EQ(storage_.requests().size(), 1u);
  EXPECT_EQ(storage_.requests()[0].header("authorization"), "");
  EXPECT_EQ(hub_.requests()[0].header("authorization"), "Bearer secret");
}

TEST_F(SourceHf, BytesThatAreNotWhatTheHubPromisedAreRefused) {
  const std::string good = content_;
  net::write_text(folder_ / "model.gguf", "older");
  content_[5] = static_cast<char>(content_[5] ^ 1);
  const auto file = fetch_hf(request(), progress_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kCorruptFile);
  EXPECT_EQ(net::read_text(folder_ / "model.gguf"), "older");
}

TEST_F(SourceHf, AnotherFileThanTheGalleryKnowsIsRefusedBeforeItsBytes) {
  SourceRequest wanted = request();
  wanted.sha256 = std::string(64, '0');
  const auto other_hash = fetch_hf(wanted, progress_);
  ASSERT_FALSE(other_hash);
  EXPECT_NE(other_hash.error().message.find("another file"), std::string::npos) << other_hash.error().message;
  wanted = request();
  wanted.size_bytes = 5;
  EXPECT_FALSE(fetch_hf(wanted, progress_));
  EXPECT_TRUE(storage_.requests().empty());
}

TEST_F(SourceHf, ARepositoryAloneIsNotAFile) {
  SourceRequest wanted = request();
  wanted.reference = "hf://owner/repo";
  const auto file = fetch_hf(wanted, progress_);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("add the file's name"), std::string::npos) << file.error().message;
}

}  // namespace
}  // namespace hearth::gallery
