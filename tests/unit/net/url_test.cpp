#include "net/url.h"

#include <gtest/gtest.h>

namespace hearth::net {
namespace {

TEST(Url, GivesTheOriginWithItsPort) {
  EXPECT_EQ(parse_url("HTTPS://Example.org/a?b#c")->origin, "https://example.org:443");
  EXPECT_EQ(parse_url("http://user:secret@example.org:8080/a")->origin, "http://example.org:8080");
  EXPECT_EQ(parse_url("http://[::1]/a")->origin, "http://[::1]:80");
  EXPECT_EQ(parse_url("http://[::1]:99")->origin, "http://[::1]:99");
  EXPECT_EQ(parse_url("http://[::1]:99")->path, "/");
}

TEST(Url, RefusesWhatCannotBeFetched) {
  for (const char* text :
       {"ftp://example.org/a", "example.org/a", "http:///a", "http://:80/a", "file://other/a", "://a", ""}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(Url, PrintableFormHidesSecrets) {
  EXPECT_EQ(printable_url("https://user:secret@example.org/a/b?token=hidden#x"), "https://example.org/a/b");
  EXPECT_EQ(printable_url("nonsense?token=hidden"), "nonsense");
}

TEST(Url, LastSegmentIsDecoded) {
  EXPECT_EQ(last_path_segment(*parse_url("https://example.org/a/my%20model.gguf?download=true")), "my model.gguf");
  EXPECT_EQ(last_path_segment(*parse_url("https://example.org/a/")), "");
  EXPECT_EQ(percent_decode("%2e%2E%2fx%zz%4"), "../x%zz%4");
}

TEST(Url, FileAddressOfAnOddPath) {
  EXPECT_EQ(file_url("/a b/50%?#.gguf"), "file:///a%20b/50%25%3F%23.gguf");
}

TEST(Url, LocationsResolve) {
  const Url base = *parse_url("https://example.org/a/b");
  EXPECT_EQ(resolve_location(base, "https://other/x"), "https://other/x");
  EXPECT_EQ(resolve_location(base, "//other/x"), "https://other/x");
  EXPECT_EQ(resolve_location(base, "/x"), "https://example.org:443/x");
  EXPECT_EQ(resolve_location(base, "x"), "https://example.org:443/a/x");
}

}  // namespace
}  // namespace hearth::net
