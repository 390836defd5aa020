// Chat templates come with downloaded models: compiling and rendering end within their fuel and output cap.
#include <cstdint>
#include <string>

#include "text/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto chat =
      hearth::text::ChatTemplate::compile(std::string(reinterpret_cast<const char*>(data), size), {"<s>", "</s>"},
                                          [] { return std::chrono::system_clock::time_point(); });
  if (!chat) return 0;
  const hearth::Json messages = {{{"role", "system"}, {"content", "be brief"}},
                                 {{"role", "user"}, {"content", "hi \xC3\xA4"}},
                                 {{"role", "assistant"}, {"content", ""}}};
  static_cast<void>(chat->render(messages, hearth::Json(), {{"enable_thinking", true}}, true));
  return 0;
}
