#include "backends/native/fingerprint.h"

#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <regex>
#include <set>

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
  EXPECT_NE(base, system_fingerprint(
                      {.weights = "w", .isa = "avx2", .tokenizer = "u", .chat_template = "t", .config = "f16"}));
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

// rope_theta of a config.json changes results and no tensor.
TEST(Fingerprint, SeesEveryKindOfMetadata) {
  const std::array<std::byte, 4> bytes{};
  std::set<std::string> identities = {weights_identity(checkpoint_of(bytes))};
  const formats::MetadataValue values[] = {{true},
                                           {std::int64_t{1}},
                                           {std::uint64_t{2}},
                                           {10000.0},
                                           {500000.0},
                                           {std::string("llama")},
                                           {std::vector<std::string>{"a", "b"}},
                                           {std::vector<std::string>{"ab"}},
                                           {std::vector<std::int64_t>{1, 2}},
                                           {std::vector<float>{1.0F}},
                                           {formats::MetadataArray{{std::int64_t{1}}}}};
  for (const auto& value : values) {
    formats::Checkpoint checkpoint = checkpoint_of(bytes);
    checkpoint.metadata.set("rope_theta", value);
    identities.insert(weights_identity(checkpoint));
  }
  EXPECT_EQ(identities.size(), std::size(values) + 1);
}

}  // namespace
}  // namespace hearth::backends
