// ReplyFormat: how one endpoint writes a reply, whole or in chunks, as JSON. Formats hold no state and do no I/O.
//
// GenerationReply asks it; chat_completions.cpp, completions.cpp and edits.cpp implement it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/request.h"
#include "base/json.h"

namespace hearth::api {

// What all chunks of a reply share.
struct ReplyHead {
  std::string id;
  std::int64_t created = 0;
  std::string model;
  std::string fingerprint;
  std::uint64_t seed = 0;
  bool logprobs = false;
};

// One choice, put together from its pieces.
struct WholeChoice {
  std::string text;
  std::vector<backends::TokenLogprobs> logprobs;
  backends::Finish finish = backends::Finish::kLength;
  backends::StopReason stop_reason = backends::StopReason::kContext;
};

class ReplyFormat {
 public:
  virtual ~ReplyFormat() = default;
  virtual std::string_view id_prefix() const = 0;
  // The body of a reply that is not streamed.
  virtual Json whole(const ReplyHead& head, const std::vector<WholeChoice>& choices,
                     const backends::Usage& usage) const = 0;
  // The chunks that open a choice, and those of a piece (the last of which carries the finish reason).
  virtual std::vector<Json> opening(const ReplyHead& head, std::int64_t choice) const = 0;
  virtual std::vector<Json> chunks(const ReplyHead& head, const backends::TextPiece& piece) const = 0;
  // A chunk without choices, for usage.
  virtual Json bare_chunk(const ReplyHead& head) const = 0;
};

Json usage_json(const backends::Usage& usage);
std::string_view finish_name(backends::Finish finish);
std::string_view stop_reason_name(backends::StopReason reason);

// {id, object, created, model, system_fingerprint}
Json head_json(const ReplyHead& head, std::string_view object);

// Chat's form: {"content":[{token, logprob, bytes, top_logprobs}],"refusal":null}
Json chat_logprobs(const std::vector<backends::TokenLogprobs>& tokens);
// Completions' form: {tokens, token_logprobs, top_logprobs, text_offset}
Json completion_logprobs(const std::vector<backends::TokenLogprobs>& tokens);

}  // namespace hearth::api
