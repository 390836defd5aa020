#include "text/template_for_control_tokens.h"

#include <initializer_list>
#include <string_view>

namespace hearth::text {
namespace {

struct Family {
  std::initializer_list<std::string_view> tokens;  // all of them are in the vocabulary
  std::string_view source;
};

constexpr std::string_view kChatMl =
    R"({% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content | trim }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %})";

constexpr std::string_view kPhi4 =
    R"({% for m in messages %}<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>{% endfor %})"
    R"({% if add_generation_prompt %}<|im_start|>assistant<|im_sep|>{% endif %})";

constexpr std::string_view kLlama3 =
    R"({{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>

{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>

{% endif %})";

constexpr std::string_view kLlama4 =
    R"({{ bos_token }}{% for m in messages %}<|header_start|>{{ m.role }}<|header_end|>

{{ m.content | trim }}<|eot|>{% endfor %}{% if add_generation_prompt %}<|header_start|>assistant<|header_end|>

{% endif %})";

constexpr std::string_view kGemma =
    R"({{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif %})"
    R"(<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ m.content | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %})";

constexpr std::string_view kGemma4 =
    R"({{ bos_token }}{% for m in messages %}<|turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ m.content | trim }}<turn|>
{% endfor %}{% if add_generation_prompt %}<|turn>model
{% endif %})";

constexpr std::string_view kPhi3 =
    R"({% for m in messages %}<|{{ m.role }}|>
{{ m.content }}<|end|>
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %})";

constexpr std::string_view kZephyr =
    R"({% for m in messages %}<|{{ m.role }}|>
{{ m.content }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %})";

constexpr std::string_view kGranite =
    R"({% for m in messages %}<|start_of_role|>{{ m.role }}<|end_of_role|>{{ m.content }}<|end_of_text|>
{% endfor %}{% if add_generation_prompt %}<|start_of_role|>assistant<|end_of_role|>{% endif %})";

constexpr std::string_view kCommandR =
    R"({{ bos_token }}{% for m in messages %}<|START_OF_TURN_TOKEN|>)"
    R"({{ {'user': '<|USER_TOKEN|>', 'assistant': '<|CHATBOT_TOKEN|>'}.get(m.role, '<|SYSTEM_TOKEN|>') }})"
    R"({{ m.content | trim }}<|END_OF_TURN_TOKEN|>{% endfor %})"
    R"({% if add_generation_prompt %}<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{% endif %})";

constexpr std::string_view kDeepSeek =
    R"({{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<｜User｜>{{ m.content }})"
    R"({% elif m.role == 'assistant' %}<｜Assistant｜>{{ m.content }}<｜end▁of▁sentence｜>)"
    R"({% else %}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<｜Assistant｜>{% endif %})";

constexpr std::string_view kMistral =
    R"({{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif %})"
    R"({% if m.role == 'assistant' %} {{ m.content | trim }}{{ eos_token }}{% else %}[INST] {{ m.content | trim }} [/INST])"
    R"({% endif %}{% endfor %})";

// Without the tokens a model has no end of turn: it stops at EOS, or goes on with the next "User:" line.
constexpr std::string_view kTranscript =
    R"({{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content | trim }}

{% else %}{{ m.role | capitalize }}: {{ m.content | trim }}
{% endif %}{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %})";

// The first that fits; those with more telling tokens come first.
const Family kFamilies[] = {
    {{"<|im_start|>", "<|im_sep|>", "<|im_end|>"}, kPhi4},
    {{"<|im_start|>", "<|im_end|>"}, kChatMl},
    {{"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, kLlama3},
    {{"<|header_start|>", "<|header_end|>", "<|eot|>"}, kLlama4},
    {{"<|turn>", "<turn|>"}, kGemma4},
    {{"<start_of_turn>", "<end_of_turn>"}, kGemma},
    {{"<|start_of_role|>", "<|end_of_role|>"}, kGranite},
    {{"<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>"}, kCommandR},
    {{"<｜User｜>", "<｜Assistant｜>"}, kDeepSeek},
    {{"<|user|>", "<|assistant|>", "<|end|>"}, kPhi3},
    {{"<|user|>", "<|assistant|>"}, kZephyr},
    {{"[INST]", "[/INST]"}, kMistral},
};

bool has_all(const Tokenizer& tokenizer, std::initializer_list<std::string_view> tokens) {
  for (const std::string_view token : tokens) {
    if (!tokenizer.find_piece(token)) return false;
  }
  return true;
}

}  // namespace

std::string fallback_chat_template(const Tokenizer& tokenizer) {
  for (const Family& family : kFamilies) {
    if (has_all(tokenizer, family.tokens)) return std::string(family.source);
  }
  return std::string(kTranscript);
}

}  // namespace hearth::text
