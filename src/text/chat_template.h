// ChatTemplate: a model's own Jinja chat template, compiled once and rendered per request.
//
// Templates come from model files and are untrusted: they run with fuel and an output cap, and see only what is passed
// in. What a template supports (content parts, a system role, tools) is found by rendering small probes at compile
// time, and render() adapts the messages to it. Immutable, so threads may share one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace hearth::text {

struct ChatTemplateTokens {
  std::string bos_token;
  std::string eos_token;
};

// What the probes found.
struct ChatTemplateTraits {
  bool string_content = true;     // renders content given as a string
  bool parts_content = false;     // renders content given as a list of parts
  bool system_role = true;        // false: the system text is put in front of the first user turn
  bool developer_role = false;    // false: developer messages are rendered as system messages
  bool tools = false;             // looks at `tools`
  bool tool_calls = false;        // renders an assistant's tool_calls
  bool object_arguments = false;  // walks tool-call arguments as an object
};

class ChatTemplate {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;

  // Errors: invalid_argument naming the line of the template. The clock serves strftime_now.
  static Result<ChatTemplate> compile(std::string source, ChatTemplateTokens tokens,
                                      Clock clock = std::chrono::system_clock::now);

  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  // `messages` as on the wire (an array); `tools` null if none; `extra_kwargs` an object or null: names such as
  // enable_thinking, documents, date_string. Adapts the messages to traits() first.
  // Errors: invalid_argument for raise_exception and template errors, naming the line.
  Result<std::string> render(const Json& messages, const Json& tools, const Json& extra_kwargs,
                             bool add_generation_prompt) const;

  const ChatTemplateTraits& traits() const;
  std::string_view source() const;

 private:
  struct State;
  explicit ChatTemplate(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hearth::text
