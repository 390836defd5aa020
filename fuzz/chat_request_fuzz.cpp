// Request parsing: whatever bytes a client sends, the answer is a request within its limits or an error that can be
// written as JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/generation_request.h"

namespace {

void check(hearth::api::Endpoint endpoint, std::string_view body, bool strict) {
  const auto parsed = hearth::api::parse_generation(endpoint, body, "", strict);
  if (!parsed) {
    if (hearth::base::dump_json(hearth::api::error_json(parsed.error())).empty() || parsed.error().message.empty()) {
      std::abort();
    }
    return;
  }
  const auto& core = parsed->core;
  const bool within_limits = !core.prompts.empty() && core.n >= 1 && core.n <= 128 && core.stop.size() <= 16 &&
                             core.max_tokens.value_or(0) >= 0 && (!strict || parsed->ignored.empty());
  if (!within_limits) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr hearth::api::Endpoint kEndpoints[] = {hearth::api::Endpoint::kChat, hearth::api::Endpoint::kCompletions,
                                                  hearth::api::Endpoint::kEdits};
  check(kEndpoints[data[0] % 3], body, (data[0] & 0x80U) != 0);
  return 0;
}
