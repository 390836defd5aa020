#include "api/reply_format.h"

#include <fmt/format.h>

#include <cmath>

namespace hearth::api {
namespace {

// What OpenAI writes where there is no finite log-probability.
constexpr double kUnknownLogprob = -9999.0;

bool is_utf8(std::string_view bytes) {
  const Json text(bytes);
  try {
    text.dump();
  } catch (const Json::exception&) {
    return false;
  }
  return true;
}

// A token may be a part of a character: then its bytes are written out, as OpenAI does.
std::string token_text(const std::string& bytes, std::string_view prefix) {
  if (is_utf8(bytes)) {
    return bytes;
  }
  std::string out(prefix);
  for (const char c : bytes) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

Json logprob_json(std::optional<float> logprob) {
  if (!logprob || !std::isfinite(*logprob)) {
    return kUnknownLogprob;
  }
  return static_cast<double>(*logprob);
}

Json chat_candidate(const backends::TokenCandidate& candidate) {
  Json bytes = Json::array();
  for (const char c : candidate.bytes) {
    bytes.push_back(static_cast<unsigned char>(c));
  }
  return Json{{"token", token_text(candidate.bytes, "")},
              {"logprob", logprob_json(candidate.logprob)},
              {"bytes", std::move(bytes)}};
}

}  // namespace

Json usage_json(const backends::Usage& usage) {
  return Json{{"prompt_tokens", usage.n_prompt_tokens},
              {"completion_tokens", usage.n_generated_tokens},
              {"total_tokens", usage.n_prompt_tokens + usage.n_generated_tokens},
              {"prompt_tokens_details", {{"cached_tokens", usage.n_cached_tokens}}},
              {"completion_tokens_details",
               {{"reasoning_tokens", 0}, {"accepted_prediction_tokens", 0}, {"rejected_prediction_tokens", 0}}}};
}

std::string_view finish_name(backends::Finish finish) {
  return finish == backends::Finish::kStop ? "stop" : "length";
}

std::string_view stop_reason_name(backends::StopReason reason) {
  switch (reason) {
    case backends::StopReason::kEos:
      return "eos";
    case backends::StopReason::kStopString:
      return "stop_string";
    case backends::StopReason::kMaxTokens:
      return "max_tokens";
    case backends::StopReason::kContext:
      break;
  }
  return "context";
}

Json head_json(const ReplyHead& head, std::string_view object) {
  return Json{{"id", head.id},
              {"object", object},
              {"created", head.created},
              {"model", head.model},
              {"system_fingerprint", head.fingerprint}};
}

Json chat_logprobs(const std::vector<backends::TokenLogprobs>& tokens) {
  Json content = Json::array();
  for (const backends::TokenLogprobs& token : tokens) {
    Json entry = chat_candidate(token.token);
    Json top = Json::array();
    for (const backends::TokenCandidate& candidate : token.top) {
      top.push_back(chat_candidate(candidate));
    }
    entry["top_logprobs"] = std::move(top);
    content.push_back(std::move(entry));
  }
  return Json{{"content", std::move(content)}, {"refusal", nullptr}};
}

Json completion_logprobs(const std::vector<backends::TokenLogprobs>& tokens) {
  Json texts = Json::array();
  Json logprobs = Json::array();
  Json tops = Json::array();
  Json offsets = Json::array();
  for (const backends::TokenLogprobs& token : tokens) {
    const std::string text = token_text(token.token.bytes, "bytes:");
    texts.push_back(text);
    offsets.push_back(token.text_offset);
    if (!token.token.logprob) {
      // The first token of a prompt: nothing came before it.
      logprobs.push_back(nullptr);
      tops.push_back(nullptr);
      continue;
    }
    logprobs.push_back(logprob_json(token.token.logprob));
    Json top = Json::object();
    for (const backends::TokenCandidate& candidate : token.top) {
      top[token_text(candidate.bytes, "bytes:")] = logprob_json(candidate.logprob);
    }
    top[text] = logprob_json(token.token.logprob);
    tops.push_back(std::move(top));
  }
  return Json{{"tokens", std::move(texts)},
              {"token_logprobs", std::move(logprobs)},
              {"top_logprobs", std::move(tops)},
              {"text_offset", std::move(offsets)}};
}

}  // namespace hearth::api
