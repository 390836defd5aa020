// The chat template that a model brings with it, from a GGUF key or from the files of a hub folder.
//
// backends compiles it when a model loads; `hearth show` tells where it comes from.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::text {

struct ModelChatTemplate {
  std::string source;  // Jinja
  std::string origin;  // "chat_template.jinja", "tokenizer_config.json", "tokenizer.chat_template"
};

// nullopt for a model without one. Of several named templates, "default" is taken.
// Errors: corrupt_file naming the file.
Result<std::optional<ModelChatTemplate>> find_chat_template(const formats::Checkpoint& checkpoint);

}  // namespace hearth::text
