#include "text/chat_template.h"

#include <cstdint>
#include <ctime>
#include <utility>

#include "hearth-bridge/src/lib.rs.h"
#include "text/bridge_call.h"
#include "text/chat_template_probe.h"
#include "text/template_messages.h"

namespace hearth::text {
namespace {

rust::Slice<const std::uint8_t> slice(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// Templates print local time.
std::int64_t local_seconds(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return seconds;
  return seconds + local.tm_gmtoff;
}

// One unit of fuel is an instruction or 64 bytes. A long conversation needs a few hundred instructions per message;
// what a template may use grows with what it is given and never below a fraction of a second of work.
bridge::RenderLimits limits_for(std::size_t n_context_bytes) {
  constexpr std::uint64_t kBaseFuel = 1'000'000;
  constexpr std::uint64_t kFuelPerByte = 4;
  constexpr std::size_t kBaseOutputBytes = std::size_t{1} << 20;
  constexpr std::size_t kOutputPerByte = 8;
  return {.fuel = kBaseFuel + kFuelPerByte * n_context_bytes,
          .max_output_bytes = kBaseOutputBytes + kOutputPerByte * n_context_bytes};
}

}  // namespace

struct ChatTemplate::State {
  std::string source;
  ChatTemplateTokens tokens;
  Clock clock;
  rust::Box<bridge::JinjaTemplate> jinja;
  ChatTemplateTraits traits;

  Result<std::string> render(Json messages, const Json& tools, const Json& extra, bool add_generation_prompt) const {
    // What transformers passes; a keyword of the request wins over it.
    Json context = {{"messages", std::move(messages)},
                    {"tools", tools},
                    {"documents", nullptr},
                    {"add_generation_prompt", add_generation_prompt},
                    {"bos_token", tokens.bos_token},
                    {"eos_token", tokens.eos_token}};
    if (extra.is_object()) context.update(extra);
    const std::string text = base::dump_json(context);
    return call_bridge(ErrorCode::kInvalidArgument, "chat template", [&] {
      return std::string(jinja->render(slice(text), local_seconds(clock()), limits_for(text.size())));
    });
  }
};

ChatTemplate::ChatTemplate(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

Result<ChatTemplate> ChatTemplate::compile(std::string source, ChatTemplateTokens tokens, Clock clock) {
  HEARTH_TRY(auto jinja, call_bridge(ErrorCode::kInvalidArgument, "chat template",
                                     [&] { return bridge::new_jinja_template(slice(source)); }));
  auto state = std::unique_ptr<State>(
      new State{std::move(source), std::move(tokens), std::move(clock), std::move(jinja), ChatTemplateTraits{}});
  state->traits = probe_chat_template(state->source, [&](const Json& messages, const Json& tools) {
    return state->render(messages, tools, Json(), true);
  });
  return ChatTemplate(std::move(state));
}

Result<std::string> ChatTemplate::render(const Json& messages, const Json& tools, const Json& extra_kwargs,
                                         bool add_generation_prompt) const {
  HEARTH_TRY(Json adapted, adapt_messages(messages, state_->traits));
  return state_->render(std::move(adapted), tools, extra_kwargs, add_generation_prompt);
}

const ChatTemplateTraits& ChatTemplate::traits() const {
  return state_->traits;
}
std::string_view ChatTemplate::source() const {
  return state_->source;
}

}  // namespace hearth::text
