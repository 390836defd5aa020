#include "config/yaml_reader.h"

#include <gtest/gtest.h>

namespace hearth::config {
namespace {

std::string error_of(std::string_view text) {
  const auto root = read_yaml(text, "a.yaml");
  return root ? "none" : root.error().message;
}

TEST(YamlReader, KeepsOrderLinesAndQuotes) {
  const auto root = read_yaml("b: 1\na:\n  - \"2\"\n  - ~\n", "a.yaml");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->entries.size(), 2u);
  EXPECT_EQ(root->entries[0].key, "b");
  EXPECT_EQ(root->entries[1].line, 2);
  const YamlNode& list = root->entries[1].value;
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[1].kind, YamlNode::Kind::kNull);
}

TEST(YamlReader, ExpandsMergeKeys) {
  const auto root = read_yaml(R"(
base: &base {a: base-a, b: base-b}
more: &more
  <<: *base
  b: more-b
  c: more-c
one: {<<: *base, a: own}
two:
  <<: [*more, *base]
  d: own
plain: {"<<": text}
)",
                              "a.yaml");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->find("one")->find("a")->scalar, "own");
  EXPECT_EQ(root->find("one")->find("b")->scalar, "base-b");
  EXPECT_EQ(root->find("two")->find("a")->scalar, "base-a");
  EXPECT_EQ(root->find("two")->find("b")->scalar, "more-b");
  EXPECT_EQ(root->find("two")->find("c")->scalar, "more-c");
  EXPECT_EQ(root->find("two")->find("<<"), nullptr);
  EXPECT_EQ(root->find("plain")->find("<<")->scalar, "text");
  EXPECT_NE(error_of("a: {<<: 5}").find("a.yaml:1: '<<' takes a mapping"), std::string::npos);
  EXPECT_NE(error_of("a: &a {}\nb: {<<: *a, <<: *a}").find("given twice"), std::string::npos);
}

TEST(YamlReader, ADuplicateKeyIsAnErrorWithBothLines) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n"), "a.yaml:3: 'a' is given twice, first in line 1");
  EXPECT_NE(error_of("x:\n  a: 1\n  a: 1\n").find("a.yaml:3:"), std::string::npos);
}

TEST(YamlReader, BrokenTextNamesTheLine) {
  EXPECT_TRUE(error_of("a: 1\nb: [1, 2\n").starts_with("a.yaml:"));
  EXPECT_TRUE(error_of("a: *nobody").starts_with("a.yaml:1:"));
  EXPECT_TRUE(error_of("? [a]\n: 1\n").starts_with("a.yaml:1: a key must be"));
  EXPECT_NE(error_of(std::string((1 << 20) + 1, ' ')).find("larger than"), std::string::npos);
}

TEST(YamlReader, HostileNestingAndAliasesEnd) {
  EXPECT_NE(error_of(std::string(200, '[') + std::string(200, ']')).find("a.yaml:1:"), std::string::npos);
  EXPECT_NE(error_of(std::string(100'000, '[')), "none");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string inner = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ", ") + inner;
    bomb += "]\n";
  }
  EXPECT_NE(error_of(bomb).find("more than 50000 values"), std::string::npos);
  EXPECT_NE(error_of("a: &a [*a]"), "none");
}

TEST(YamlReader, AnEmptyTextIsNull) {
  EXPECT_EQ(read_yaml("", "a.yaml")->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(read_yaml("# nothing\n", "a.yaml")->kind, YamlNode::Kind::kNull);
}

}  // namespace
}  // namespace hearth::config
