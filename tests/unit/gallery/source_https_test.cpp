#include <gtest/gtest.h>

#include "base/hash.h"
#include "gallery/source.h"
#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

TEST(SourceHttps, FetchesAndVerifies) {
  const net::TestFolder folder;
  net::SilentProgress progress;
  const std::string content = net::test_content(10'000);
  const net::LocalServer server([&](const net::ServedRequest& r) { return net::serve_content(r, content, "\"one\""); });
  SourceRequest request{
      .reference = server.url("/a.gguf"), .target = folder / "a.gguf", .sha256 = base::to_hex(base::sha256(content))};
  ASSERT_TRUE(fetch_https(request, progress));
  EXPECT_EQ(net::read_text(folder / "a.gguf"), content);
  request.target = folder / "b.gguf";
  request.sha256 = std::string(64, '0');
  EXPECT_EQ(fetch_https(request, progress).error().code, ErrorCode::kCorruptFile);
  EXPECT_FALSE(std::filesystem::exists(request.target));
}

}  // namespace
}  // namespace hearth::gallery
