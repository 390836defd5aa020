#include "text/chat_template.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

ChatTemplate compiled(std::string source, std::int64_t unix_seconds = 0) {
  auto result = ChatTemplate::compile(std::move(source), {"<s>", "</s>"},
                                      [unix_seconds] { return std::chrono::system_clock::from_time_t(unix_seconds); });
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return *std::move(result);
}

Result<std::string> rendered(const ChatTemplate& chat, const Json& extra = Json()) {
  return chat.render(Json::parse(R"([{"role":"user","content":"hi"}])"), Json(), extra, true);
}

std::string text_of(const std::string& source, const Json& extra = Json()) {
  const auto text = rendered(compiled(source), extra);
  return text ? *text : text.error().message;
}

// tests/golden/chat_templates: every folder is a template with conversations rendered by jinja2 as transformers sets it
// up.
class GoldenTemplates : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenTemplates, EveryByteEqualsTransformers) {
  setenv("TZ", "UTC", 1);
  const auto file = base::parse_json(read_file(GetParam() / "cases.json"));
  ASSERT_TRUE(file) << file.error().message;
  const ChatTemplate chat = compiled(read_file(GetParam() / "template.jinja"), file->at("unix_seconds"));
  int n_compared = 0;
  for (const Json& c : file->at("cases")) {
    // Where the template refuses, the reference has nothing to compare with: messages are adapted to it.
    if (!c.contains("expected") || (c.at("name") == "parts" && !chat.traits().parts_content)) continue;
    const auto text = chat.render(c.at("messages"), c.value("tools", Json()), c.value("kwargs", Json()),
                                  c.at("add_generation_prompt"));
    ASSERT_TRUE(text) << c.at("name") << ": " << text.error().message;
    EXPECT_EQ(*text, c.at("expected").get<std::string>()) << c.at("name");
    ++n_compared;
  }
  EXPECT_GE(n_compared, 10);
}

std::vector<std::filesystem::path> template_folders() {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(golden("chat_templates"))) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}
INSTANTIATE_TEST_SUITE_P(All, GoldenTemplates, testing::ValuesIn(template_folders()), [](const auto& info) {
  std::string name = info.param.filename();
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

TEST(ChatTemplate, ErrorsNameTheLine) {
  const auto bad = ChatTemplate::compile("a\nb{% if %}", {});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(bad.error().message.find("line 2"), std::string::npos) << bad.error().message;
  const auto raised = rendered(compiled("x\n\n{{ raise_exception('roles must alternate') }}"));
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().message, "chat template: line 3: roles must alternate");
  EXPECT_FALSE(ChatTemplate::compile("\xFF", {}));
}

TEST(ChatTemplate, LoopsRunOutOfFuel) {
  const auto loop = rendered(compiled("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"));
  ASSERT_FALSE(loop);
  EXPECT_NE(loop.error().message.find("more steps or memory"), std::string::npos) << loop.error().message;
}

TEST(ChatTemplate, DoublingAStringRunsOutOfFuelBeforeMemory) {
  const std::string source =
      "{% set n = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
      "{{ n.x | length }}";
  EXPECT_FALSE(rendered(compiled(source)));
  EXPECT_FALSE(rendered(compiled("{{ ('x' * 1000000000000) | length }}")));
}

TEST(ChatTemplate, OutputIsCapped) {
  const auto text = rendered(compiled("{% for a in range(9000) %}" + std::string(1000, 'x') + "{% endfor %}"));
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("writes more than"), std::string::npos) << text.error().message;
}

TEST(ChatTemplate, RecursionEnds) {
  EXPECT_FALSE(rendered(compiled("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}")));
  EXPECT_FALSE(ChatTemplate::compile("{{ " + std::string(100000, '(') + " }}", {}));
}

TEST(ChatTemplate, ToJsonIsPythons) {
  const Json value = Json::parse(R"({"b":["<é>",1,2.0,1e16,1e-7,null,true],"a":{}})");
  EXPECT_EQ(text_of("{{ v | tojson }}", {{"v", value}}),
            R"({"b": ["<é>", 1, 2.0, 1e+16, 1e-07, null, true], "a": {}})");
  EXPECT_EQ(text_of("{{ v | tojson(indent=2) }}", {{"v", Json::parse(R"({"a":[1,{}],"b":[]})")}}),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
  EXPECT_EQ(text_of("{{ v | tojson(separators=(',', ':'), sort_keys=true, ensure_ascii=true) }}", {{"v", value}}),
            R"({"a":{},"b":["<\u00e9>",1,2.0,1e+16,1e-07,null,true]})");
}

TEST(ChatTemplate, PythonMethods) {
  EXPECT_EQ(text_of("{{ 'a-b-c'.rsplit('-', 1) | join('|') }}"), "a-b|c");
  EXPECT_EQ(text_of("{{ ' a b  c '.rsplit(none, 1) | join('|') }}"), " a b|c");
  EXPECT_EQ(text_of("{{ 'a-b'.partition('-') | join('|') }}"), "a|-|b");
  EXPECT_EQ(text_of("{{ 'a-b-c'.rpartition('-') | join('|') }}"), "a-b|-|c");
  EXPECT_EQ(text_of("{{ 'xab'.removeprefix('x').removesuffix('b') }}"), "a");
  EXPECT_EQ(text_of("{{ 'a,b'.split(',')[::-1] | join }}{{ '  x '.strip() }}{{ 'ab'.startswith('a') }}"), "baxTrue");
}

TEST(ChatTemplate, PythonTests) {
  EXPECT_EQ(text_of("{{ tools is iterable }}{{ 'a' is iterable }}{{ [] is iterable }}{{ 1 is iterable }}"),
            "FalseTrueTrueFalse");
  EXPECT_EQ(text_of("{{ 'a' is sequence }}{{ {} is sequence }}{{ [] is sequence }}{{ none is sequence }}"),
            "TrueTrueTrueFalse");
}

TEST(ChatTemplate, LoopControlsAndGenerationTags) {
  EXPECT_EQ(text_of("{% for a in [1,2,3,4] %}{% if a == 2 %}{% continue %}{% elif a == 4 %}{% break %}{% endif %}{{ a "
                    "}}{% endfor %}"),
            "13");
  EXPECT_EQ(text_of("a\n  {%- generation -%}\n b \n{%- endgeneration %}\nc"), "abc");
}

TEST(ChatTemplate, TheClockIsInjected) {
  setenv("TZ", "UTC", 1);
  const auto text = rendered(compiled("{{ strftime_now('%d %B %Y %H:%M') }}", 1750000000));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "15 June 2025 15:06");
}

TEST(ChatTemplate, VariablesAndKeywords) {
  EXPECT_EQ(
      text_of("{{ bos_token }}{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}{{ eos_token }}"),
      "<s>TrueTrueTrue</s>");
  EXPECT_EQ(text_of("{{ enable_thinking }}{{ nothing }}", {{"enable_thinking", false}}), "False");
}

}  // namespace
}  // namespace hearth::text
