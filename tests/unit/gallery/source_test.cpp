#include "gallery/source.h"

#include <gtest/gtest.h>

namespace hearth::gallery {
namespace {

TEST(Source, IsToldByItsScheme) {
  EXPECT_EQ(find_source("hf://owner/repo/a"), &fetch_hf);
  EXPECT_EQ(find_source("huggingface://owner/repo/a"), &fetch_hf);
  EXPECT_EQ(find_source("https://example.org/a"), &fetch_https);
  EXPECT_EQ(find_source("http://example.org/a"), &fetch_https);
  EXPECT_EQ(find_source("file:///a"), &fetch_file);
  EXPECT_EQ(find_source("pypi://a==1/b"), &fetch_pypi);
  EXPECT_EQ(find_source("ftp://example.org/a"), nullptr);
  EXPECT_EQ(find_source("name"), nullptr);
}

}  // namespace
}  // namespace hearth::gallery
