// Server-sent events as bytes: the only place that knows their framing.
#pragma once

#include <string>
#include <string_view>

namespace hearth::http {

// "data: …\n\n"; a line break inside the data starts a new data line, as the format demands.
std::string sse_data(std::string_view data);
// The same with "event: NAME" before it.
std::string sse_event(std::string_view name, std::string_view data);
// ": …\n\n", which clients ignore.
std::string sse_comment(std::string_view text);

}  // namespace hearth::http
