// Prompts as token ids: renders a chat or an edit through the model's template and tokenises, or checks given ids.
#pragma once

#include <string>
#include <vector>

#include "backends/request.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace hearth::backends {

struct PromptMaker {
  const text::Tokenizer& tokenizer;
  const text::ChatTemplate& chat_template;
  bool own_template = true;  // false: a fallback, which writes no BOS, so the tokenizer's settings decide
};

struct PreparedPrompt {
  std::vector<TokenId> tokens;  // at least one
  std::string text;             // what echo repeats
  std::string param;            // the request field that it came from, for errors
};

RequestResult<PreparedPrompt> prepare_prompt(const PromptMaker& maker, const PromptInput& input);

}  // namespace hearth::backends
