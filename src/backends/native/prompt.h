// Prompts as token ids: renders a chat or an edit through the model's template and tokenises, or checks given ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/request.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace hearth::backends {

struct PromptMaker {
  const text::Tokenizer& tokenizer;
  const text::ChatTemplate& chat_template;
  std::int64_t context_size = 0;
  std::size_t max_token_bytes = 1;  // the longest token's text
  bool own_template = true;         // false: a fallback, which writes no BOS, so the tokenizer's settings decide
};

struct PreparedPrompt {
  std::vector<TokenId> tokens;  // at least one
  std::string text;             // what echo repeats
  std::string param;            // the request field that it came from, for errors
};

// A text that cannot fit the context, however long its tokens are, is refused without tokenising it: that would take
// seconds for a large body.
RequestResult<PreparedPrompt> prepare_prompt(const PromptMaker& maker, const PromptInput& input);

// context_length_exceeded in OpenAI's words; `n_tokens` is "9000" or "more than 9000".
std::unexpected<RequestError> prompt_too_long(std::int64_t context_size, const std::string& n_tokens,
                                              const std::string& param);

// For PromptMaker; looks at every token once.
std::size_t longest_token_bytes(const text::Tokenizer& tokenizer);

}  // namespace hearth::backends
