#include "config/model_config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace hearth::config {
namespace {

ModelConfig parse_one(std::string_view yaml) {
  auto configs = parse_model_configs(yaml, "m.yaml");
  EXPECT_TRUE(configs) << configs.error().message;
  return configs && !configs->empty() ? configs->front() : ModelConfig{};
}

std::string error_of(std::string_view yaml) {
  const auto configs = parse_model_configs(yaml, "m.yaml");
  return configs ? "none" : configs.error().message;
}

TEST(ModelConfig, ReadsEveryKindOfValue) {
  const ModelConfig config = parse_one(R"(
name: tiny
backend: llama-cpp
context_size: 2048
f16: true
roles: {user: "User:", assistant: "Assistant:"}
stopwords: ["</s>", "\"\n", "\'"]
parameters:
  model: folder/tiny.gguf
  temperature: 0
  top_k: 40
  seed: -1
template:
  chat: "{{.Input}}"
  use_tokenizer_template: no
)");
  EXPECT_EQ(config.name, "tiny");
  EXPECT_EQ(config.backend, "llama-cpp");
  EXPECT_EQ(config.context_size, 2048);
  EXPECT_EQ(config.f16, true);
  EXPECT_EQ(config.roles.at("user"), "User:");
  EXPECT_EQ(config.stopwords, (TextList{"</s>", "\"\n", "'"}));
  EXPECT_EQ(config.parameters.model, "folder/tiny.gguf");
  EXPECT_EQ(config.parameters.temperature, 0.0);  // given, and not the same as absent
  EXPECT_EQ(config.parameters.top_k, 40);
  EXPECT_EQ(config.parameters.seed, -1);
  EXPECT_FALSE(config.parameters.top_p);
  EXPECT_EQ(config.templates.chat, "{{.Input}}");
  EXPECT_EQ(config.templates.use_tokenizer_template, false);
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_TRUE(config.unused_keys.empty());
}

TEST(ModelConfig, NullIsAbsent) {
  const ModelConfig config = parse_one("name: ~\nparameters:\ntemplate: {chat: }\nstopwords:\n");
  EXPECT_FALSE(config.name);
  EXPECT_FALSE(config.templates.chat);
  EXPECT_TRUE(config.stopwords.empty());
}

TEST(ModelConfig, AnUnknownKeyIsAWarningWithTheNearestName) {
  const ModelConfig config = parse_one("nam: x\nparameters:\n  temprature: 1\nzzzzzz: {a: 1}\n");
  ASSERT_EQ(config.warnings.size(), 3u);
  EXPECT_EQ(config.warnings[0], "m.yaml:1: unknown key 'nam', did you mean 'name'?");
  EXPECT_EQ(config.warnings[1],
            "m.yaml:3: unknown key 'parameters.temprature', did you mean 'parameters.temperature'?");
  EXPECT_EQ(config.warnings[2], "m.yaml:4: unknown key 'zzzzzz'");
}

TEST(ModelConfig, AKnownKeyWithoutAUseIsListed) {
  const ModelConfig config = parse_one("gpu_layers: 99\ndiffusers: {cuda: true}\nparameters: {clip_skip: 1}\n");
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_EQ(config.unused_keys, (TextList{"gpu_layers", "diffusers", "parameters.clip_skip"}));
}

TEST(ModelConfig, AWrongTypeNamesLineKeyAndValue) {
  EXPECT_EQ(error_of("name: a\nparameters:\n  top_k: many\n"),
            "m.yaml:3: 'parameters.top_k' takes a whole number, got 'many'");
  EXPECT_EQ(error_of("f16: [1]"), "m.yaml:1: 'f16' takes true or false, got a list");
  EXPECT_EQ(error_of("parameters: 5"), "m.yaml:1: 'parameters' takes a mapping, got '5'");
  EXPECT_EQ(error_of("name: {a: 1}"), "m.yaml:1: 'name' takes a text, got a mapping");
  EXPECT_EQ(error_of("roles: {user: [1]}"), "m.yaml:1: 'roles.user' takes a text, got a list");
  EXPECT_EQ(error_of("stopwords: [a, [b]]"), "m.yaml:1: 'stopwords' takes a list of texts, got a list");
  EXPECT_EQ(error_of("just text"), "m.yaml:1: expected a mapping of keys");
  EXPECT_EQ(error_of("- name: a\n- b\n"), "m.yaml:2: expected a mapping of keys");
}

TEST(ModelConfig, PathsStayBelowTheModelsFolder) {
  for (const std::string path : {"../secret", "/etc/passwd", "a/../../b"}) {
    EXPECT_NE(error_of("parameters: {model: " + path + "}").find("stays below the models folder"), std::string::npos);
    EXPECT_NE(error_of("draft_model: " + path).find("stays below the models folder"), std::string::npos);
  }
  EXPECT_EQ(error_of("parameters: {model: 'huggingface://owner/repo/file.gguf'}"), "none");
}

TEST(ModelConfig, AListHoldsSeveralModels) {
  const auto configs = parse_model_configs("- &base\n  name: a\n  f16: true\n- <<: *base\n  name: b\n", "m.yaml");
  ASSERT_TRUE(configs) << configs.error().message;
  ASSERT_EQ(configs->size(), 2u);
  EXPECT_EQ((*configs)[1].name, "b");
  EXPECT_EQ((*configs)[1].f16, true);
  EXPECT_TRUE(parse_model_configs("", "m.yaml")->empty());
}

TEST(ModelConfig, ReadsAFile) {
  const auto path = std::filesystem::temp_directory_path() / ("hearth-config-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << "name: from-file\n";
  const auto configs = read_model_configs(path);
  std::ofstream(path).close();
  const auto empty = read_model_configs(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(configs) << configs.error().message;
  EXPECT_EQ(configs->at(0).name, "from-file");
  EXPECT_EQ(configs->at(0).file, path.string());
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
  EXPECT_EQ(read_model_configs(path).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_model_configs(std::filesystem::temp_directory_path()).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::config
