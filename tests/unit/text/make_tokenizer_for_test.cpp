#include "text/make_tokenizer_for.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/json.h"
#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

namespace fs = std::filesystem;

// A model folder of the test, removed with it.
class MakeTokenizerFor : public testing::Test {
 protected:
  MakeTokenizerFor() {
    static int n_folders = 0;
    folder_ = fs::temp_directory_path() /
              ("hearth-tokenizer-" + std::to_string(::getpid()) + "-" + std::to_string(++n_folders));
    fs::create_directories(folder_);
    checkpoint_.path = folder_;
    checkpoint_.convention = formats::Convention::kHf;
  }
  ~MakeTokenizerFor() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void copy(const std::string& golden_file, const std::string& name) const {
    fs::copy_file(golden("tokenizers/" + golden_file), folder_ / name, fs::copy_options::overwrite_existing);
  }
  ModelTokenizer make(const fs::path& named = {}) const {
    auto made = make_tokenizer_for(checkpoint_, named);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : ModelTokenizer{};
  }
  std::string failure(const fs::path& named = {}) const {
    const auto made = make_tokenizer_for(checkpoint_, named);
    EXPECT_FALSE(made);
    return made ? "" : made.error().message;
  }

  fs::path folder_;
  formats::Checkpoint checkpoint_;
};

TEST_F(MakeTokenizerFor, TokenizerJsonComesFirst) {
  copy("spm-bpe-as-json/tokenizer.json", "tokenizer.json");
  copy("spm-bpe-as-json/tokenizer_config.json", "tokenizer_config.json");
  copy("spm-bpe/tokenizer.model", "tokenizer.model");
  copy("bytelevel-gpt2/vocab.json", "vocab.json");
  copy("bytelevel-gpt2/merges.txt", "merges.txt");
  EXPECT_EQ(make().origin, "tokenizer.json");
  fs::remove(folder_ / "tokenizer.json");
  EXPECT_EQ(make().origin, "tokenizer.model");
  fs::remove(folder_ / "tokenizer.model");
  EXPECT_EQ(make().origin, "vocab.json and merges.txt");
  fs::remove(folder_ / "merges.txt");
  EXPECT_NE(failure().find("merges.txt is missing"), std::string::npos) << failure();
  fs::remove(folder_ / "vocab.json");
  EXPECT_NE(failure().find("tokenizer.json"), std::string::npos) << failure();
  EXPECT_EQ(make_tokenizer_for(checkpoint_).error().code, ErrorCode::kUnsupported);
}

TEST_F(MakeTokenizerFor, TheIdentityFollowsTheFiles) {
  copy("bytelevel-gpt2/vocab.json", "vocab.json");
  copy("bytelevel-gpt2/merges.txt", "merges.txt");
  const std::string before = make().identity;
  EXPECT_EQ(make().identity, before);
  write("tokenizer_config.json", R"({"add_bos_token": false})");
  EXPECT_NE(make().identity, before);
}

TEST_F(MakeTokenizerFor, EndsOfGenerationComeFromTheConfigs) {
  copy("bytelevel-gpt2/vocab.json", "vocab.json");
  copy("bytelevel-gpt2/merges.txt", "merges.txt");
  checkpoint_.metadata.set("eos_token_id", {std::int64_t{5}});
  const auto has = [](const ModelTokenizer& made, TokenId id) {
    const auto& ends = made.tokenizer->special().end_of_generation;
    return std::ranges::find(ends, id) != ends.end();
  };
  EXPECT_TRUE(has(make(), 5));
  checkpoint_.metadata.set("generation_config.eos_token_id", {std::vector<std::int64_t>{7, 9, 99'999'999'999}});
  const ModelTokenizer made = make();
  EXPECT_TRUE(has(made, 7) && has(made, 9));
  EXPECT_FALSE(has(made, 5)) << "generation_config.json wins over config.json";
}

// facebook/opt-125m has these files and no tokenizer.json.
TEST_F(MakeTokenizerFor, OptBeginsEveryTextWithItsEndToken) {
  write("vocab.json", R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5, "ab": 6})");
  write("merges.txt", "#version: 0.2\na b\n");
  checkpoint_.metadata.set("model_type", {std::string("opt")});
  EXPECT_EQ(ids_of(*make().tokenizer, "ab", {}), (std::vector<TokenId>{2, 6}));
  write("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer", "bos_token": {"content": "</s>"},
        "eos_token": {"content": "</s>"}, "add_bos_token": true})");
  const ModelTokenizer made = make();
  EXPECT_EQ(ids_of(*made.tokenizer, "ab</s>", {}), (std::vector<TokenId>{2, 6, 2}));
  EXPECT_EQ(made.tokenizer->special().bos, 2);
  checkpoint_.metadata.set("model_type", {std::string("gpt2")});
  fs::remove(folder_ / "tokenizer_config.json");
  EXPECT_EQ(ids_of(*make().tokenizer, "ab", {}), std::vector<TokenId>{6});
}

TEST_F(MakeTokenizerFor, AddedTokensExtendVocabJsonAndSentencePiece) {
  write("vocab.json", R"({"a": 0, "b": 1, "</s>": 2})");
  write("merges.txt", "");
  write("tokenizer_config.json",
        R"({"tokenizer_class": "LlamaTokenizer", "eos_token": "<|im_end|>", "added_tokens_decoder": {
        "1000": {"content": "<|im_start|>", "special": true}, "1001": {"content": "<|im_end|>", "special": true},
        "1002": {"content": "<tool>", "special": false}}})");
  const auto by_merges = make();
  EXPECT_EQ(ids_of(*by_merges.tokenizer, "<|im_start|>a<tool>b<|im_end|>", {}),
            (std::vector<TokenId>{1000, 0, 1002, 1, 1001}));
  EXPECT_EQ(by_merges.tokenizer->special().eos, 1001);
  copy("spm-bpe/tokenizer.model", "tokenizer.model");
  const auto by_pieces = make();
  const Tokenizer& pieces = *by_pieces.tokenizer;
  EXPECT_EQ(pieces.n_tokens(), 1003);
  const auto ids = ids_of(pieces, "<|im_start|>fine<tool>", {.add_special = false});
  ASSERT_GE(ids.size(), 3U);
  EXPECT_EQ(ids.front(), 1000);
  EXPECT_EQ(ids.back(), 1002);
  EXPECT_EQ(pieces.decode(ids, false), "fine<tool>");
  EXPECT_TRUE(pieces.is_control(1001));
  EXPECT_EQ(ids_of(pieces, "<|im_end|>", kPlain).size() > 1, true) << "text of users stays text";
}

// The ids are those of transformers' LlamaTokenizer on this folder.
TEST_F(MakeTokenizerFor, LlamaSpacesFollowLegacy) {
  copy("spm-bpe/tokenizer.model", "tokenizer.model");
  const std::string config = R"({"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": "<s>",
      "eos_token": "</s>", "unk_token": "<unk>", "added_tokens_decoder": {"1000": {"content": "<|im_start|>",
      "special": true}, "1001": {"content": "<tool>", "special": false}}, "legacy": )";
  using Ids = std::vector<TokenId>;
  write("tokenizer_config.json", config + "true}");
  const auto legacy = make();
  EXPECT_EQ(ids_of(*legacy.tokenizer, "a", {}), (Ids{1, 262}));
  EXPECT_EQ(ids_of(*legacy.tokenizer, "</s>a", {}), (Ids{1, 2, 262}));
  EXPECT_EQ(ids_of(*legacy.tokenizer, "</s> a", {}), (Ids{1, 2, 374, 262}));
  EXPECT_EQ(ids_of(*legacy.tokenizer, "<|im_start|>user\nHello<tool> b", {}),
            (Ids{1, 1000, 374, 389, 377, 271, 13, 75, 375, 322, 1001, 374, 272}));
  EXPECT_EQ(ids_of(*legacy.tokenizer, "  two", {}), (Ids{1, 374, 374, 260, 387, 380}));
  write("tokenizer_config.json", config + "false}");
  const auto later = make();
  EXPECT_EQ(ids_of(*later.tokenizer, "a", {}), (Ids{1, 262}));
  EXPECT_EQ(ids_of(*later.tokenizer, "</s>a", {}), (Ids{1, 2, 376}));
  EXPECT_EQ(ids_of(*later.tokenizer, "</s> a", {}), (Ids{1, 2, 262}));
  EXPECT_EQ(ids_of(*later.tokenizer, "  two", {}), (Ids{1, 374, 374, 260, 387, 380}));
  EXPECT_EQ(ids_of(*later.tokenizer, "", {}), Ids{1});
  for (const auto* tokenizer : {&legacy, &later}) {
    const auto ids = ids_of(*tokenizer->tokenizer, "a</s>", {});
    EXPECT_EQ(ids, (Ids{1, 262, 2}));
    EXPECT_EQ(tokenizer->tokenizer->decode(ids, false), "a");
  }
}

TEST_F(MakeTokenizerFor, FlagsOfLlamaReplaceThePostProcessor) {
  copy("spm-bpe-as-json/tokenizer.json", "tokenizer.json");
  write("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
                                     "add_bos_token": false, "add_eos_token": true})");
  const auto made = make();
  const auto ids = ids_of(*made.tokenizer, "a", {});
  EXPECT_NE(ids.front(), *made.tokenizer->special().bos);
  EXPECT_EQ(ids.back(), *made.tokenizer->special().eos);
}

TEST_F(MakeTokenizerFor, AFileHasItsOwnTokenizerBesideIt) {
  checkpoint_.path = folder_ / "rwkv_small";
  checkpoint_.convention = formats::Convention::kRwkv;
  EXPECT_NE(failure().find("rwkv_small.tokenizer.json"), std::string::npos) << failure();
  write("rwkv_vocab_v20230424.txt", "1 'a' 1\n2 ' a' 2\n");
  EXPECT_EQ(make().origin, "rwkv_vocab_v20230424.txt");
  EXPECT_EQ(make().tokenizer->n_tokens(), 3);
  copy("bytelevel-gpt2/tokenizer.json", "tokenizer.json");
  EXPECT_EQ(make().origin, "tokenizer.json");
  copy("bytelevel-gpt2/tokenizer.json", "20B_tokenizer.json");
  EXPECT_EQ(make().origin, "20B_tokenizer.json");
  formats::TensorView& embedding = checkpoint_.tensors.emplace_back();
  embedding.name = "emb.weight";
  embedding.shape = {65536, 64};
  ASSERT_TRUE(checkpoint_.index_tensors());
  EXPECT_EQ(make().origin, "rwkv_vocab_v20230424.txt") << "a World model, by the size of its vocabulary";
  copy("bytelevel-gpt2/tokenizer.json", "rwkv_small.tokenizer.json");
  EXPECT_EQ(make().origin, "rwkv_small.tokenizer.json");
  checkpoint_.path = folder_ / "model.safetensors";
  checkpoint_.convention = formats::Convention::kHf;
  EXPECT_EQ(make().origin, "tokenizer.json");
}

TEST_F(MakeTokenizerFor, AGgufFileUsesItsOwnVocabularyIfItHasOne) {
  checkpoint_.path = folder_ / "m.gguf";
  checkpoint_.convention = formats::Convention::kGguf;
  copy("bytelevel-gpt2/tokenizer.json", "tokenizer.json");
  EXPECT_EQ(make().origin, "tokenizer.json");
  checkpoint_.metadata = LlamaVocabulary().metadata();
  EXPECT_EQ(make().origin, "the file's own vocabulary");
}

TEST_F(MakeTokenizerFor, AConfigurationNamesAFileOrAFolder) {
  fs::create_directory(folder_ / "other");
  copy("bytelevel-gpt2/tokenizer.json", "other/tokenizer.json");
  copy("spm-bpe/tokenizer.model", "mine.model");
  EXPECT_EQ(make(folder_ / "other").origin, "tokenizer.json");
  EXPECT_EQ(make(folder_ / "other" / "tokenizer.json").origin, "tokenizer.json");
  EXPECT_EQ(make(folder_ / "mine.model").origin, "mine.model");
  EXPECT_NE(failure(folder_ / "none.json").find("none.json"), std::string::npos);
  write("odd.bin", "x");
  EXPECT_NE(failure(folder_ / "odd.bin").find(".json"), std::string::npos);
}

TEST_F(MakeTokenizerFor, BrokenFilesAreNamed) {
  write("tokenizer.json", "{");
  EXPECT_NE(failure().find("tokenizer.json"), std::string::npos) << failure();
  write("tokenizer.json", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_NE(failure().find("Git LFS pointer"), std::string::npos) << failure();
  fs::remove(folder_ / "tokenizer.json");
  write("tokenizer.model", "nothing");
  EXPECT_NE(failure().find("tokenizer.model"), std::string::npos) << failure();
  fs::remove(folder_ / "tokenizer.model");
  write("vocab.json", R"({"a": {}})");
  write("merges.txt", "");
  EXPECT_NE(failure().find("vocab.json"), std::string::npos) << failure();
}

// A vocabulary of a real size is read in well under a second, and a hostile file is refused at once.
TEST_F(MakeTokenizerFor, LargeAndHostileFilesDoNotHang) {
  const auto start = std::chrono::steady_clock::now();
  std::string vocab = "{";
  for (int id = 0; id < 200'000; ++id) vocab += fmt::format("{}\"token{}\": {}", id == 0 ? "" : ",", id, id);
  write("vocab.json", vocab + "}");
  write("merges.txt", "");
  EXPECT_EQ(make().tokenizer->n_tokens(), 200'000);
  Json doubling = Json::array();
  for (int i = 0; i < 64; ++i) {
    doubling.push_back({{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
  }
  Json json = Json::parse(read_file(golden("tokenizers/bytelevel-gpt2/tokenizer.json")));
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", doubling}};
  write("tokenizer.json", base::dump_json(json));
  EXPECT_NE(failure().find("normalizer makes texts"), std::string::npos) << failure();
  // A pattern that backtracks without end gives up instead.
  json["normalizer"] = nullptr;
  json["pre_tokenizer"] = {
      {"type", "Split"}, {"pattern", {{"Regex", "(?:(a*)*\\1)*b(?!c)"}}}, {"behavior", "Isolated"}, {"invert", false}};
  write("tokenizer.json", base::dump_json(json));
  if (const auto made = make_tokenizer_for(checkpoint_)) (void)made->tokenizer->encode(std::string(2000, 'a'), {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace hearth::text
