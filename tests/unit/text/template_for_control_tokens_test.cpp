#include "text/template_for_control_tokens.h"

#include <gtest/gtest.h>

#include "text/chat_template.h"
#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

std::string rendered(std::initializer_list<const char*> tokens) {
  LlamaVocabulary vocabulary;
  for (const char* token : tokens) vocabulary.add(token, 0, 3);
  const auto tokenizer = tokenizer_of(vocabulary.metadata());
  const auto chat = ChatTemplate::compile(fallback_chat_template(*tokenizer), {"<s>", "</s>"});
  EXPECT_TRUE(chat) << (chat ? "" : chat.error().message);
  if (!chat) return {};
  const Json messages = Json::parse(R"([{"role":"system","content":"S"},{"role":"user","content":"U"},
      {"role":"assistant","content":"A"},{"role":"user","content":"V"}])");
  const auto text = chat->render(messages, Json(), Json(), true);
  return text ? *text : text.error().message;
}

TEST(TemplateForControlTokens, ChatMl) {
  EXPECT_EQ(rendered({"<|im_start|>", "<|im_end|>"}),
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
            "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n");
}

TEST(TemplateForControlTokens, GemmaPutsSystemIntoTheFirstTurn) {
  EXPECT_EQ(rendered({"<start_of_turn>", "<end_of_turn>"}),
            "<s><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n"
            "<start_of_turn>user\nV<end_of_turn>\n<start_of_turn>model\n");
}

TEST(TemplateForControlTokens, Llama3) {
  EXPECT_EQ(rendered({"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}),
            "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU<"
            "|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nV<"
            "|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n");
}

TEST(TemplateForControlTokens, Others) {
  EXPECT_EQ(rendered({"<|user|>", "<|assistant|>", "<|end|>"}),
            "<|system|>\nS<|end|>\n<|user|>\nU<|end|>\n<|assistant|>\nA<|end|>\n<|user|>\nV<|end|>\n<|assistant|>\n");
  EXPECT_EQ(rendered({"<|user|>", "<|assistant|>"}),
            "<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\nA</s>\n<|user|>\nV</s>\n<|assistant|>\n");
  EXPECT_EQ(rendered({"[INST]", "[/INST]"}), "<s>[INST] S\n\nU [/INST] A</s>[INST] V [/INST]");
  EXPECT_EQ(rendered({"<|turn>", "<turn|>"}),
            "<s><|turn>system\nS<turn|>\n<|turn>user\nU<turn|>\n<|turn>model\nA<turn|>\n<|turn>user\nV<turn|>\n<|turn>"
            "model\n");
  EXPECT_EQ(
      rendered({"<|im_start|>", "<|im_sep|>", "<|im_end|>"}),
      "<|im_start|>system<|im_sep|>S<|im_end|><|im_start|>user<|im_sep|>U<|im_end|><|im_start|>assistant<|im_sep|>A"
      "<|im_end|><|im_start|>user<|im_sep|>V<|im_end|><|im_start|>assistant<|im_sep|>");
}

TEST(TemplateForControlTokens, ATranscriptWithoutAny) {
  EXPECT_EQ(rendered({}), "<s>S\n\nUser: U\nAssistant: A\nUser: V\nAssistant:");
}

}  // namespace
}  // namespace hearth::text
