#include "text/model_chat_template.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace hearth::text {
namespace {

namespace fs = std::filesystem;

class FindChatTemplate : public testing::Test {
 protected:
  FindChatTemplate() {
    static int n_folders = 0;
    folder_ = fs::temp_directory_path() /
              ("hearth-template-" + std::to_string(::getpid()) + "-" + std::to_string(++n_folders));
    fs::create_directories(folder_ / "additional_chat_templates");
    checkpoint_.path = folder_;
    checkpoint_.convention = formats::Convention::kHf;
  }
  ~FindChatTemplate() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string found() const {
    const auto result = find_chat_template(checkpoint_);
    if (!result) return "error: " + result.error().message;
    return *result ? (*result)->origin + ": " + (*result)->source : "none";
  }

  fs::path folder_;
  formats::Checkpoint checkpoint_;
};

TEST_F(FindChatTemplate, InTheOrderOfTheHub) {
  EXPECT_EQ(found(), "none");
  write("additional_chat_templates/default.jinja", "A");
  EXPECT_EQ(found(), "default.jinja: A");
  write("chat_template.json", R"({"chat_template": "B"})");
  EXPECT_EQ(found(), "chat_template.json: B");
  write("tokenizer_config.json", R"({"chat_template": "C"})");
  EXPECT_EQ(found(), "tokenizer_config.json: C");
  write("chat_template.jinja", "D");
  EXPECT_EQ(found(), "chat_template.jinja: D");
}

TEST_F(FindChatTemplate, OfSeveralTheDefault) {
  write("tokenizer_config.json", R"({"chat_template": [{"name": "tool_use", "template": "T"},
                                                       {"name": "default", "template": "D"}]})");
  EXPECT_EQ(found(), "tokenizer_config.json: D");
  write("tokenizer_config.json", R"({"chat_template": [{"name": "only", "template": "O"}]})");
  EXPECT_EQ(found(), "tokenizer_config.json: O");
  for (const char* text : {R"({"chat_template": [{"name": "a", "template": "A"}, {"name": "b", "template": "B"}]})",
                           R"({"chat_template": null})", R"({"chat_template": [1, 2]})", "[]"}) {
    write("tokenizer_config.json", text);
    EXPECT_EQ(found(), "none") << text;
  }
}

TEST_F(FindChatTemplate, ABrokenFileIsNamed) {
  write("tokenizer_config.json", "{");
  EXPECT_NE(found().find("error: tokenizer_config.json"), std::string::npos) << found();
}

TEST_F(FindChatTemplate, GgufKeepsItInAKeyAndLooseFilesHaveNone) {
  checkpoint_.convention = formats::Convention::kRwkv;
  write("chat_template.jinja", "D");
  EXPECT_EQ(found(), "none");
  checkpoint_.convention = formats::Convention::kGguf;
  checkpoint_.metadata.set("tokenizer.chat_template", {std::string("G")});
  EXPECT_EQ(found(), "tokenizer.chat_template: G");
}

}  // namespace
}  // namespace hearth::text
