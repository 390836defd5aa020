#include "net/file_hash.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::net {
namespace {

TEST(FileHash, EqualsTheHashOfTheBytesAtPieceEdges) {
  const TestFolder folder;
  for (const std::size_t n_bytes : {0u, 1u, (1u << 20) - 1, 1u << 20, (1u << 20) + 1}) {
    const std::string content = test_content(n_bytes);
    write_text(folder / "a", content);
    std::uint64_t n_done = 0;
    EXPECT_EQ(*hash_file(folder / "a", nullptr, [&](std::uint64_t n) { n_done = n; }),
              base::to_hex(base::sha256(content)));
    EXPECT_EQ(n_done, n_bytes);
  }
}

TEST(FileHash, MissingUnreadableAndCancelled) {
  const TestFolder folder;
  EXPECT_EQ(hash_file(folder / "a", nullptr).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(hash_file(folder.path(), nullptr).error().code, ErrorCode::kUnavailable);
  write_text(folder / "a", "x");
  const std::atomic<bool> cancel = true;
  EXPECT_EQ(hash_file(folder / "a", &cancel).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace hearth::net
