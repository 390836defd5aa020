#include "backends/native/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hearth::backends {
namespace {

std::unexpected<RequestError> invalid(std::string message, std::string param) {
  return std::unexpected(RequestError{Reason::kInvalid, std::move(message), std::move(param)});
}

RequestResult<PreparedPrompt> encode(const PromptMaker& maker, std::string text, bool add_special, std::string param) {
  const auto least_tokens = static_cast<std::int64_t>(text.size() / maker.max_token_bytes);
  if (least_tokens > maker.context_size) {
    return prompt_too_long(maker.context_size, fmt::format("more than {}", least_tokens - 1), param);
  }
  Result<std::vector<TokenId>> tokens =
      maker.tokenizer.encode(text, {.add_special = add_special, .parse_special = true});
  if (!tokens) {
    return invalid(tokens.error().message, std::move(param));
  }
  if (tokens->empty()) {
    // A model needs something to start from: what begins, or else separates, texts.
    const text::SpecialTokens& special = maker.tokenizer.special();
    const std::optional<TokenId> start = special.bos ? special.bos : special.eos;
    if (!start) {
      return invalid("The prompt is empty.", std::move(param));
    }
    tokens->push_back(*start);
  }
  return PreparedPrompt{*std::move(tokens), std::move(text), std::move(param)};
}

RequestResult<PreparedPrompt> render_chat(const PromptMaker& maker, const ChatInput& chat, std::string param) {
  Result<std::string> rendered = maker.chat_template.render(chat.messages, chat.tools, chat.template_kwargs, true);
  if (!rendered) {
    return invalid(fmt::format("The model's chat template refused the messages: {}", rendered.error().message),
                   std::move(param));
  }
  // A model's own template writes the beginning of the text itself.
  return encode(maker, *std::move(rendered), !maker.own_template, std::move(param));
}

RequestResult<PreparedPrompt> check_tokens(const PromptMaker& maker, const TokenInput& input) {
  if (input.tokens.empty()) {
    return encode(maker, "", true, "prompt");
  }
  for (const TokenId token : input.tokens) {
    if (token < 0 || token >= maker.tokenizer.n_tokens()) {
      return invalid(fmt::format("Invalid 'prompt': token {} is not in the vocabulary of {} tokens.", token,
                                 maker.tokenizer.n_tokens()),
                     "prompt");
    }
  }
  return PreparedPrompt{input.tokens, maker.tokenizer.decode(input.tokens, false), "prompt"};
}

}  // namespace

std::unexpected<RequestError> prompt_too_long(std::int64_t context_size, const std::string& n_tokens,
                                              const std::string& param) {
  return std::unexpected(RequestError{
      Reason::kContextLength,
      fmt::format("This model's maximum context length is {} tokens. However, your {} resulted in {} tokens. Please "
                  "reduce the length of the {}.",
                  context_size, param, n_tokens, param),
      param});
}

std::size_t longest_token_bytes(const text::Tokenizer& tokenizer) {
  std::size_t longest = 1;
  for (TokenId id = 0; id < tokenizer.n_tokens(); ++id) {
    longest = std::max(longest, tokenizer.token_bytes(id, true).size());
  }
  return longest;
}

RequestResult<PreparedPrompt> prepare_prompt(const PromptMaker& maker, const PromptInput& input) {
  if (const auto* chat = std::get_if<ChatInput>(&input)) {
    return render_chat(maker, *chat, "messages");
  }
  if (const auto* text = std::get_if<TextInput>(&input)) {
    return encode(maker, text->text, true, "prompt");
  }
  if (const auto* tokens = std::get_if<TokenInput>(&input)) {
    return check_tokens(maker, *tokens);
  }
  const EditInput& edit = std::get<EditInput>(input);
  const std::string content = edit.input.empty() ? edit.instruction : edit.instruction + "\n\n" + edit.input;
  ChatInput chat;
  chat.messages = Json::array({Json{{"role", "user"}, {"content", content}}});
  return render_chat(maker, chat, "instruction");
}

}  // namespace hearth::backends
