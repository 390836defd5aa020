#include "backends/native/prompt.h"

#include <gtest/gtest.h>

#include "backends/fakes.h"

namespace hearth::backends {
namespace {

class PromptTest : public ::testing::Test {
 protected:
  RequestResult<PreparedPrompt> prepare(const PromptInput& input, bool own_template = true) {
    return prepare_prompt({.tokenizer = tokenizer_,
                           .chat_template = *template_,
                           .context_size = 100,
                           .max_token_bytes = longest_token_bytes(tokenizer_),
                           .own_template = own_template},
                          input);
  }
  FakeTokenizer tokenizer_ = FakeTokenizer::bytes();
  Result<text::ChatTemplate> template_ = text::ChatTemplate::compile(
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
      "{% if add_generation_prompt %}<assistant>{% endif %}",
      {});
};

std::vector<TokenId> ids(std::string_view text) {
  std::vector<TokenId> out;
  for (const char c : text) {
    out.push_back(static_cast<unsigned char>(c) + 1);
  }
  return out;
}

TEST_F(PromptTest, RendersAChatThroughTheTemplate) {
  ASSERT_TRUE(template_) << template_.error().message;
  ChatInput chat;
  chat.messages = Json::array({{{"role", "user"}, {"content", "Hi"}}});
  const auto prompt = prepare(chat);
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_EQ(prompt->tokens, ids("<user>Hi<assistant>"));
  EXPECT_EQ(prompt->param, "messages");
}

TEST_F(PromptTest, OnlyAFallbackTemplateLetsTheTokenizerAddItsBos) {
  tokenizer_.settings().bos = 0;
  tokenizer_.settings().add_bos = true;
  ChatInput chat;
  chat.messages = Json::array({{{"role", "user"}, {"content", "x"}}});
  EXPECT_NE(prepare(chat, true)->tokens.front(), 0);
  EXPECT_EQ(prepare(chat, false)->tokens.front(), 0);
  EXPECT_EQ(prepare(TextInput{"x"})->tokens.front(), 0);
}

TEST_F(PromptTest, ATemplatesRefusalIsTheRequestsFault) {
  template_ = text::ChatTemplate::compile("{{ raise_exception('roles must alternate') }}", {});
  if (!template_) {
    return;  // refused when it was compiled, by the probes
  }
  ChatInput chat;
  chat.messages = Json::array({{{"role", "user"}, {"content", "x"}}});
  const auto prompt = prepare(chat);
  ASSERT_FALSE(prompt);
  EXPECT_EQ(prompt.error().reason, Reason::kInvalid);
  EXPECT_EQ(prompt.error().param, "messages");
  EXPECT_NE(prompt.error().message.find("roles must alternate"), std::string::npos) << prompt.error().message;
}

TEST_F(PromptTest, AnEmptyTextStartsFromTheTokenBetweenTexts) {
  const auto prompt = prepare(TextInput{""});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->tokens, std::vector<TokenId>{0});
  EXPECT_EQ(prompt->text, "");
}

TEST_F(PromptTest, ATextThatCannotFitIsRefusedBeforeItIsTokenised) {
  EXPECT_EQ(longest_token_bytes(tokenizer_), 4U) << "</s>";
  const auto refused = prepare(TextInput{std::string(404, 'x')});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::kContextLength);
  EXPECT_NE(refused.error().message.find("more than 100 tokens"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(prepare(TextInput{std::string(403, 'x')})) << "what might fit is tokenised and counted";
}

TEST_F(PromptTest, TakesTokensAsTheyAre) {
  const auto prompt = prepare(TokenInput{ids("abc")});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->tokens, ids("abc"));
  EXPECT_EQ(prompt->text, "abc");
  const auto outside = prepare(TokenInput{{1, 257}});
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().param, "prompt");
}

TEST_F(PromptTest, AnEditBecomesOneUserTurn) {
  EXPECT_EQ(prepare(EditInput{"rephrase", "Black cat"})->tokens, ids("<user>rephrase\n\nBlack cat<assistant>"));
  EXPECT_EQ(prepare(EditInput{"write", ""})->tokens, ids("<user>write<assistant>"));
}

}  // namespace
}  // namespace hearth::backends
