#include <gtest/gtest.h>

#include "gallery/source.h"
#include "net/test_folder.h"
#include "net/url.h"

namespace hearth::gallery {
namespace {

TEST(SourceFile, CopiesAndSaysWhatIsMissing) {
  const net::TestFolder folder;
  net::SilentProgress progress;
  net::write_text(folder / "source #1.gguf", "content");
  SourceRequest request{.reference = net::file_url(folder / "source #1.gguf"), .target = folder / "a.gguf"};
  ASSERT_TRUE(fetch_file(request, progress));
  EXPECT_EQ(net::read_text(folder / "a.gguf"), "content");
  request.reference = net::file_url(folder / "missing");
  request.target = folder / "b.gguf";
  EXPECT_EQ(fetch_file(request, progress).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::gallery
