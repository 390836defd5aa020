// Every folder of tests/golden/tokenizers is a case: a vocabulary in one of the supported forms and what its reference
// implementation makes of 35 texts.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "formats/checkpoint.h"
#include "text/detokenizer.h"
#include "text/make_tokenizer.h"
#include "text/make_tokenizer_for.h"

namespace hearth::text {
namespace {

namespace fs = std::filesystem;
using Owned = std::unique_ptr<Tokenizer>;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> golden_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fs::path(HEARTH_GOLDEN_FOLDER) / "tokenizers")) {
    if (fs::exists(entry.path() / "cases.json")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

Result<Owned> load(const fs::path& folder) {
  formats::Checkpoint checkpoint;
  if (fs::exists(folder / "vocab.gguf")) {
    HEARTH_TRY(checkpoint, formats::open_checkpoint(folder / "vocab.gguf"));
  } else {
    checkpoint.path = folder;
    checkpoint.convention = formats::Convention::kHf;
  }
  HEARTH_TRY(ModelTokenizer made, make_tokenizer_for(checkpoint));
  return std::move(made.tokenizer);
}

void expect_case(const Tokenizer& tokenizer, const Json& expected, const EncodeOptions& options) {
  const std::string text = expected.at("text");
  const auto ids = tokenizer.encode(text, options);
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_EQ(*ids, expected.at("ids").get<std::vector<TokenId>>()) << "text: " << base::dump_json(text);
  if (expected.contains("decoded_skip_special")) {
    EXPECT_EQ(tokenizer.decode(*ids, true), expected.at("decoded").get<std::string>());
    EXPECT_EQ(tokenizer.decode(*ids, false), expected.at("decoded_skip_special").get<std::string>());
  } else if (expected.contains("decoded")) {
    EXPECT_EQ(tokenizer.decode(*ids, false), expected.at("decoded").get<std::string>());
  }
}

// The references ran the vocabulary's own file; tokenizer_config.json may add BOS in front, as transformers does.
std::vector<TokenId> added_by_config(const Tokenizer& tokenizer, const fs::path& folder) {
  if (!fs::exists(folder / "tokenizer_config.json")) return {};
  const auto bare = make_tokenizer_from_json(read(folder / "tokenizer.json"));
  EXPECT_TRUE(bare && (*bare)->encode("", {})->empty()) << "the config's share cannot be told";
  return tokenizer.encode("", {}).value();
}

void expect_cases(const Tokenizer& tokenizer, const fs::path& folder) {
  const auto file = base::parse_json(read(folder / "cases.json"));
  ASSERT_TRUE(file) << file.error().message;
  // The tokenizers crate always parses special tokens; the other references were asked not to.
  const bool parse_special = file->contains("cases_special");
  for (const Json& expected : file->at("cases")) {
    expect_case(tokenizer, expected, {.add_special = false, .parse_special = parse_special});
  }
  if (!parse_special) return;
  const std::vector<TokenId> front = added_by_config(tokenizer, folder);
  for (Json expected : file->at("cases_special")) {
    if (!front.empty()) {
      std::vector<TokenId> ids = front;
      for (const Json& id : expected.at("ids")) ids.push_back(id);
      expected["ids"] = ids;
      expected.erase("decoded_skip_special");
      expected.erase("decoded");
    }
    expect_case(tokenizer, expected, {});
  }
}

class GoldenTokenizers : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenTokenizers, AllIdsEqualTheReference) {
  const auto tokenizer = load(GetParam());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  expect_cases(**tokenizer, GetParam());
}

// Streaming must give the bytes that the reference decodes, but for what it does at the beginning of a text.
TEST_P(GoldenTokenizers, StreamedTextEndsLikeTheDecodedText) {
  const auto tokenizer = load(GetParam());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const auto file = base::parse_json(read(GetParam() / "cases.json"));
  ASSERT_TRUE(file);
  for (const Json& expected : file->at("cases")) {
    if (!expected.contains("decoded") || GetParam().filename() == "wordpiece-bert") continue;
    Detokenizer detokenizer(**tokenizer, true);
    std::string text;
    for (const TokenId id : expected.at("ids").get<std::vector<TokenId>>()) text += detokenizer.push(id);
    text += detokenizer.flush();
    const std::string decoded = expected.at("decoded");
    EXPECT_TRUE(text == decoded || text == " " + decoded)
        << base::dump_json(text) << " is not " << expected.at("decoded");
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTokenizers, testing::ValuesIn(golden_folders()), [](const auto& info) {
  std::string name = info.param.filename();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(VocabMerges, EqualsTheSameVocabularyAsJson) {
  const fs::path folder = fs::path(HEARTH_GOLDEN_FOLDER) / "tokenizers" / "bytelevel-gpt2";
  const auto tokenizer = make_vocab_merges_tokenizer(read(folder / "vocab.json"), read(folder / "merges.txt"));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  expect_cases(**tokenizer, folder);
}

}  // namespace
}  // namespace hearth::text
