// Finds out what a chat template supports by rendering small conversations and looking for their words.
//
// A template cannot be asked: some refuse a system message with an exception, some ignore it, some iterate over a
// string as if it were a list of parts. Called once when a template is compiled.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "text/chat_template.h"

namespace hearth::text {

using ProbeRender = std::function<Result<std::string>(const Json& messages, const Json& tools)>;

ChatTemplateTraits probe_chat_template(std::string_view source, const ProbeRender& render);

}  // namespace hearth::text
