#include "backends/native/fingerprint.h"

#include <gtest/gtest.h>

#include <array>
#include <regex>

namespace hearth::backends {
namespace {

formats::Checkpoint checkpoint_of(std::span<const std::byte> bytes) {
  formats::Checkpoint checkpoint;
  checkpoint.container = "GGUF v3";
  checkpoint.tensors.push_back({.name = "a", .shape = {static_cast<std::int64_t>(bytes.size())}, .bytes = bytes});
  return checkpoint;
}

TEST(Fingerprint, HasOpenAisForm) {
  const std::string fingerprint = system_fingerprint({.weights = "w", .isa = "avx2"});
  EXPECT_TRUE(std::regex_match(fingerprint, std::regex("fp_[0-9a-f]{12}"))) << fingerprint;
}

TEST(Fingerprint, EveryPartCounts) {
  const std::string base = system_fingerprint({.weights = "w", .isa = "avx2", .chat_template = "t", .config = "f16"});
  EXPECT_EQ(base, system_fingerprint({.weights = "w", .isa = "avx2", .chat_template = "t", .config = "f16"}));
  EXPECT_NE(base, system_fingerprint({.weights = "x", .isa = "avx2", .chat_template = "t", .config = "f16"}));
  EXPECT_NE(base, system_fingerprint({.weights = "w", .isa = "avx512", .chat_template = "t", .config = "f16"}));
  EXPECT_NE(base, system_fingerprint({.weights = "w", .isa = "avx2", .chat_template = "u", .config = "f16"}));
  EXPECT_NE(base, system_fingerprint({.weights = "w", .isa = "avx2", .chat_template = "t", .config = "f32"}));
  EXPECT_NE(system_fingerprint({.weights = "ab", .isa = "c"}), system_fingerprint({.weights = "a", .isa = "bc"}));
}

TEST(Fingerprint, SeesAChangeAtEitherEndOfATensorAndInItsMiddle) {
  std::array<std::byte, 100'000> bytes{};
  const std::string before = weights_identity(checkpoint_of(bytes));
  for (const std::size_t at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    bytes[at] = std::byte{1};
    EXPECT_NE(weights_identity(checkpoint_of(bytes)), before) << at;
    bytes[at] = std::byte{0};
  }
  EXPECT_EQ(weights_identity(checkpoint_of(bytes)), before);
}

}  // namespace
}  // namespace hearth::backends
