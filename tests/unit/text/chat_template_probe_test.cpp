#include "text/chat_template_probe.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

ChatTemplateTraits traits_of(std::string source) {
  const auto chat = ChatTemplate::compile(std::move(source), {});
  EXPECT_TRUE(chat) << (chat ? "" : chat.error().message);
  return chat ? chat->traits() : ChatTemplateTraits{};
}

TEST(ChatTemplateProbe, Content) {
  const auto strings = traits_of("{% for m in messages %}{{ m.role + m.content }}{% endfor %}");
  EXPECT_TRUE(strings.string_content);
  EXPECT_FALSE(strings.parts_content);
  const auto parts = traits_of("{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}");
  EXPECT_FALSE(parts.string_content);
  EXPECT_TRUE(parts.parts_content);
  const auto both = traits_of(
      "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}"
      "{% endfor %}{% endif %}{% endfor %}");
  EXPECT_TRUE(both.string_content && both.parts_content);
  // Printing the list as it is does not count.
  EXPECT_FALSE(traits_of("{% for m in messages %}{{ m.content }}{% endfor %}").parts_content);
}

TEST(ChatTemplateProbe, Roles) {
  const auto plain = traits_of("{% for m in messages %}{{ m.role + m.content }}{% endfor %}");
  EXPECT_TRUE(plain.system_role);
  EXPECT_FALSE(plain.developer_role);
  EXPECT_FALSE(
      traits_of("{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ messages[0].content }}")
          .system_role);
  EXPECT_TRUE(traits_of("{% for m in messages %}{% if m.role == 'developer' %}{{ m.content }}{% endif %}{% endfor %}")
                  .developer_role);
}

TEST(ChatTemplateProbe, Tools) {
  EXPECT_TRUE(traits_of("{{ messages[0].content }}{% if tools %}{{ tools | tojson }}{% endif %}").tools);
  EXPECT_FALSE(traits_of("{{ messages[0].content }}").tools);
}

TEST(ChatTemplateProbe, Arguments) {
  const std::string calls =
      "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}";
  const std::string end = "{% endfor %}{% endfor %}";
  const auto object = traits_of(calls + "{{ c.function.arguments | tojson }}" + end);
  EXPECT_TRUE(object.tool_calls && object.object_arguments);
  const auto walked =
      traits_of(calls + "{% for k, v in c.function.arguments.items() %}{{ k }}={{ v }}{% endfor %}" + end);
  EXPECT_TRUE(walked.object_arguments);
  const auto text = traits_of(calls + "{{ c.function.arguments }}" + end);
  EXPECT_TRUE(text.tool_calls);
  EXPECT_FALSE(text.object_arguments);
  EXPECT_FALSE(traits_of("{{ messages[0].content }}").tool_calls);
}

}  // namespace
}  // namespace hearth::text
