// The chat template for a model that brings none: what its control tokens suggest, else a plain transcript.
//
// Base models and old files have a vocabulary but no template. Control tokens such as <|im_start|> say how the
// family's chats were written; without any, "User: …" and "Assistant:" lines are what a plain model continues best.
#pragma once

#include <string>

#include "text/tokenizer.h"

namespace hearth::text {

std::string fallback_chat_template(const Tokenizer& tokenizer);

}  // namespace hearth::text
