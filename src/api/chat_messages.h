// The messages of a chat, checked and brought into the form that chat templates take.
#pragma once

#include "api/api_error.h"
#include "base/json.h"

namespace hearth::api {

// Errors name the place, `messages[2].content[0].type`. Contents that are null become "", text parts stay parts (the
// template's adapter joins them), fields that templates do not know are left out.
Parsed<Json> read_messages(const Json& messages);

}  // namespace hearth::api
