// What several tests of text share: small vocabularies and golden files.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "formats/checkpoint.h"
#include "text/make_tokenizer.h"
#include "text/vocabulary.h"

namespace hearth::text {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::filesystem::path golden(const std::string& path) {
  return std::filesystem::path(HEARTH_GOLDEN_FOLDER) / path;
}

// A GGUF "llama" vocabulary: <unk>, <s>, </s>, all 256 byte tokens, then the pieces that the test adds.
struct LlamaVocabulary {
  std::vector<std::string> pieces = {"<unk>", "<s>", "</s>"};
  std::vector<float> scores = {0, 0, 0};
  std::vector<std::int64_t> types = {2, 3, 3};

  LlamaVocabulary() {
    for (int byte = 0; byte < 256; ++byte) {
      char piece[8];
      std::snprintf(piece, sizeof piece, "<0x%02X>", byte);
      add(piece, 0, 6);
    }
  }
  TokenId add(std::string piece, float score = 0, std::int64_t type = 1) {
    pieces.push_back(std::move(piece));
    scores.push_back(score);
    types.push_back(type);
    return static_cast<TokenId>(pieces.size() - 1);
  }
  formats::Metadata metadata() const {
    formats::Metadata metadata;
    metadata.set("tokenizer.ggml.model", {std::string("llama")});
    metadata.set("tokenizer.ggml.tokens", {pieces});
    metadata.set("tokenizer.ggml.scores", {scores});
    metadata.set("tokenizer.ggml.token_type", {types});
    return metadata;
  }
};

inline std::unique_ptr<Tokenizer> tokenizer_of(const formats::Metadata& metadata) {
  auto tokenizer = make_gguf_tokenizer(metadata);
  EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
  return tokenizer ? *std::move(tokenizer) : nullptr;
}

inline std::vector<TokenId> ids_of(const Tokenizer& tokenizer, std::string_view text, const EncodeOptions& options) {
  auto ids = tokenizer.encode(text, options);
  EXPECT_TRUE(ids) << (ids ? "" : ids.error().message);
  return ids ? *std::move(ids) : std::vector<TokenId>{};
}

inline constexpr EncodeOptions kPlain{.add_special = false, .parse_special = false};

}  // namespace hearth::text
