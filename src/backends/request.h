// Request and the events that answer it: what every wire format is mapped onto, as plain structs.
//
// api fills a Request from JSON, a backend answers through a ReplySink. Nothing here knows HTTP, OpenAI or the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace hearth::backends {

using TokenId = std::int32_t;

// Messages as on the wire: an array of {role, content, …}.
struct ChatInput {
  Json messages;
  Json tools;            // null if none
  Json template_kwargs;  // an object or null
};
struct TextInput {
  std::string text;
};
struct TokenInput {
  std::vector<TokenId> tokens;
};
struct EditInput {
  std::string instruction;
  std::string input;
};
using PromptInput = std::variant<ChatInput, TextInput, TokenInput, EditInput>;

// What the request says about sampling. An absent value comes from the model's configuration (sampling_defaults.h).
struct SamplingChoice {
  std::optional<double> temperature, top_p, min_p;
  std::optional<double> repeat_penalty, presence_penalty, frequency_penalty;
  std::optional<std::int64_t> top_k, repeat_last_n, seed;
  std::optional<bool> ignore_eos;
  std::vector<std::pair<TokenId, double>> logit_bias;
};

struct Request {
  std::string id;                    // of the HTTP request, for the log
  std::string model;                 // "": the only or default one
  std::vector<PromptInput> prompts;  // at least one; choice index = prompt * n + i
  SamplingChoice sampling;
  std::int64_t n = 1;
  std::optional<std::int64_t> max_tokens;  // absent: to the end of the context
  std::vector<std::string> stop;
  std::optional<std::int64_t> top_logprobs;  // absent: no log-probabilities
  bool echo = false;                         // the prompt's text first, with its log-probabilities if those are wanted
  std::string cache_salt;
};

// Why a request was not, or not wholly, answered. api has one table from these to status and body.
enum class Reason : std::uint8_t {
  kInvalid,        // the request is wrong; param says where
  kContextLength,  // the prompt leaves no room
  kModelMissing,   // no model given, and none can be chosen
  kModelNotFound,
  kUnsupported,  // understood, but this model or build cannot do it
  kOverloaded,   // the queue is full: try again
  kLoading,      // the model is not ready yet: try again
  kInternal,
};

struct RequestError {
  Reason reason = Reason::kInternal;
  std::string message;
  std::string param;  // the field of the request, or ""
};

template <typename T>
using RequestResult = std::expected<T, RequestError>;

// Sent once, before anything else: what will answer.
struct ReplyStart {
  std::string model;  // the name under which it is installed
  bool substituted = false;
  std::string fingerprint;
  std::uint64_t seed = 0;
};

struct TokenCandidate {
  TokenId id = 0;
  std::string bytes;  // may be a part of a character
  std::optional<float> logprob;
};

struct TokenLogprobs {
  TokenCandidate token;  // logprob absent for a prompt's first token
  std::vector<TokenCandidate> top;
  std::int64_t text_offset = 0;  // in characters of the choice's text
};

enum class Finish : std::uint8_t { kStop, kLength };
enum class StopReason : std::uint8_t { kEos, kStopString, kMaxTokens, kContext };

// A piece of one choice. Never splits a character, never holds a part of a stop string.
struct TextPiece {
  std::int64_t choice = 0;
  std::string text;
  std::vector<TokenLogprobs> logprobs;
  std::optional<Finish> finish;  // set in the choice's last piece
  StopReason stop_reason = StopReason::kEos;
};

struct Usage {
  std::int64_t n_prompt_tokens = 0;  // of each prompt once, whatever n is
  std::int64_t n_cached_tokens = 0;
  std::int64_t n_generated_tokens = 0;
};

}  // namespace hearth::backends
