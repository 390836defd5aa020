#include "text/token_roles.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

TEST(TokenRoles, NothingSaysNothing) {
  const auto roles = read_token_roles({});
  ASSERT_TRUE(roles);
  EXPECT_FALSE(roles->bos || roles->eos || roles->add_bos || roles->legacy);
  EXPECT_TRUE(roles->added.empty());
}

TEST(TokenRoles, TheConfigWinsOverTheMap) {
  const auto roles = read_token_roles(
      {.tokenizer_config = R"({"tokenizer_class": "LlamaTokenizer", "bos_token": {"content": "<s>", "lstrip": false},
                              "eos_token": "</s>", "pad_token": null, "add_bos_token": true, "legacy": false})",
       .special_tokens_map = R"({"bos_token": "<other>", "pad_token": "<pad>", "unk_token": {"content": "<unk>"}})"});
  ASSERT_TRUE(roles) << roles.error().message;
  EXPECT_EQ(roles->tokenizer_class, "LlamaTokenizer");
  EXPECT_EQ(roles->bos, "<s>");
  EXPECT_EQ(roles->eos, "</s>");
  EXPECT_EQ(roles->padding, "<pad>");
  EXPECT_EQ(roles->unknown, "<unk>");
  EXPECT_EQ(roles->add_bos, true);
  EXPECT_EQ(roles->add_eos, std::nullopt);
  EXPECT_EQ(roles->legacy, false);
}

TEST(TokenRoles, AddedTokensInOrderOfIdWithTheirFlags) {
  const auto roles = read_token_roles({.tokenizer_config = R"({"eos_token": "<|im_end|>", "added_tokens_decoder": {
           "32001": {"content": "<|im_end|>", "special": false, "rstrip": true},
           "32000": {"content": "<|im_start|>", "special": true, "lstrip": true}}})",
                                       .added_tokens = R"({"<|im_start|>": 32000, "<tool>": 32002})"});
  ASSERT_TRUE(roles) << roles.error().message;
  ASSERT_EQ(roles->added.size(), 3U);
  EXPECT_EQ(roles->added[0].piece, "<|im_start|>");
  EXPECT_TRUE(roles->added[0].special && roles->added[0].strips_left);
  EXPECT_TRUE(roles->added[1].special && roles->added[1].strips_right) << "the token that ends a text is special";
  EXPECT_EQ(roles->added[2].id, 32002);
  EXPECT_FALSE(roles->added[2].special);
}

TEST(TokenRoles, BrokenFilesAreNamed) {
  const auto config = [](std::string_view text) { return read_token_roles({.tokenizer_config = text}); };
  for (const char* text :
       {"[]", "{", R"({"added_tokens_decoder": []})", R"({"added_tokens_decoder": {"-1": {"content": "a"}}})",
        R"({"added_tokens_decoder": {"99999999": {"content": "a"}}})", R"({"added_tokens_decoder": {"1": "a"}})"}) {
    const auto roles = config(text);
    ASSERT_FALSE(roles) << text;
    EXPECT_NE(roles.error().message.find("tokenizer_config.json"), std::string::npos) << roles.error().message;
  }
  for (const char* text : {"[]", R"({"a": -1})", R"({"a": "b"})", R"({"a": 5000000})"}) {
    const auto roles = read_token_roles({.added_tokens = text});
    ASSERT_FALSE(roles) << text;
    EXPECT_NE(roles.error().message.find("added_tokens.json"), std::string::npos) << roles.error().message;
  }
  EXPECT_FALSE(read_token_roles({.special_tokens_map = "1"}));
}

TEST(TokenRoles, AnIdFarBeyondTheVocabularyIsRefused) {
  TokenRoles roles;
  EXPECT_TRUE(check_added_ids(roles, 10));
  roles.added.push_back({.id = 32'000, .piece = "<a>"});
  EXPECT_TRUE(check_added_ids(roles, 32'000));
  roles.added.push_back({.id = 4'000'000, .piece = "<b>"});
  const Status checked = check_added_ids(roles, 32'000);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("'<b>'"), std::string::npos) << checked.error().message;
}

TEST(TokenRoles, RolesAreFoundByPieceThenById) {
  const Vocabulary vocabulary({"a", "<s>", "</s>"}, {}, {});
  TokenRoles roles{.bos = "<s>", .unknown = "<none>", .bos_id = 0, .eos_id = 2, .end_ids = {7, 2, 0, 2}};
  SpecialTokens special = special_tokens_of(roles, vocabulary);
  EXPECT_EQ(special.bos, 1);
  EXPECT_EQ(special.eos, 2);
  EXPECT_EQ(special.unknown, std::nullopt);
  add_end_ids(roles, vocabulary, special);
  EXPECT_EQ(special.end_of_generation, (std::vector<TokenId>{0, 2}));
}

}  // namespace
}  // namespace hearth::text
