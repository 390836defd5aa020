// Messages as clients send them, changed into what a chat template can render.
//
// Text parts are joined or strings wrapped, developer becomes system, a system text moves into the first user turn,
// null content becomes "", tool-call arguments become an object: each only where the template needs it.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "text/chat_template.h"

namespace hearth::text {

// invalid_argument when `messages` is no array of objects with a role.
Result<Json> adapt_messages(const Json& messages, const ChatTemplateTraits& traits);

}  // namespace hearth::text
