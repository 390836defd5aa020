#include "backends/native/choice_text.h"

#include <algorithm>
#include <utility>

namespace hearth::backends {

std::int64_t count_characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

ChoiceText::ChoiceText(const text::Tokenizer& tokenizer, ChoiceTextOptions options)
    : tokenizer_(tokenizer),
      options_(std::move(options)),
      detokenizer_(tokenizer),
      stops_(options_.stop),
      echo_(options_.echo),
      n_text_characters_(count_characters(options_.echo)) {}

TokenCandidate ChoiceText::candidate(TokenId id, std::optional<float> logprob) const {
  return {.id = id, .bytes = tokenizer_.token_bytes(id, true), .logprob = logprob};
}

TokenLogprobs ChoiceText::logprobs_of(const engine::TokenEvent& event) const {
  TokenLogprobs logprobs;
  logprobs.token = candidate(*event.token, event.logprob);
  for (const engine::TokenLogprob& top : event.top_logprobs) {
    logprobs.top.push_back(candidate(top.token, top.logprob));
  }
  return logprobs;
}

void ChoiceText::push_prompt(const engine::TokenEvent& event) {
  HeldLogprobs held{.logprobs = logprobs_of(event)};
  held.logprobs.text_offset = n_prompt_characters_;
  n_prompt_characters_ = std::min(n_prompt_characters_ + count_characters(tokenizer_.token_bytes(*event.token, false)),
                                  count_characters(options_.echo));
  held_.push_back(std::move(held));
}

// Of a token that begins at byte b of the text, once byte b is sent: a stop string may still swallow it before that.
void ChoiceText::release_logprobs(TextPiece& piece, bool all) {
  while (!held_.empty() && (all || held_.front().text_begin < n_sent_bytes_ || n_sent_bytes_ == n_text_bytes_)) {
    piece.logprobs.push_back(std::move(held_.front().logprobs));
    held_.pop_front();
  }
}

void ChoiceText::take_text(const std::string& text, TextPiece& piece) {
  n_text_bytes_ += text.size();
  n_text_characters_ += count_characters(text);
  text::StopMatcher::Output output = stops_.push(text);
  n_sent_bytes_ += output.text.size();
  piece.text += output.text;
  if (output.stopped) {
    stopped_by_text_ = true;
    finished_ = true;
    piece.finish = Finish::kStop;
    piece.stop_reason = StopReason::kStopString;
    std::erase_if(held_, [this](const HeldLogprobs& held) { return held.text_begin >= n_sent_bytes_; });
    release_logprobs(piece, true);
  }
}

void ChoiceText::end(const engine::TokenEvent& event, TextPiece& piece) {
  take_text(detokenizer_.flush(), piece);
  if (finished_) {
    return;  // the flushed text completed a stop string
  }
  piece.text += stops_.flush();
  release_logprobs(piece, true);
  finished_ = true;
  if (*event.finish == engine::FinishReason::kStop) {
    piece.finish = Finish::kStop;
    piece.stop_reason = StopReason::kEos;
    return;
  }
  piece.finish = Finish::kLength;
  const bool by_limit = options_.max_tokens >= 0 && n_generated_ >= options_.max_tokens;
  piece.stop_reason = by_limit ? StopReason::kMaxTokens : StopReason::kContext;
}

std::optional<TextPiece> ChoiceText::push(const engine::TokenEvent& event) {
  if (finished_) {
    return std::nullopt;
  }
  TextPiece piece{.choice = options_.choice};
  if (event.token && event.is_prompt) {
    if (++n_prompt_events_ <= options_.n_echo_tokens) {
      push_prompt(event);
    }
  } else if (event.token) {
    ++n_generated_;
    // A stop token has no text; its log-probability would stand for nothing in the reply.
    if (!event.is_stop) {
      if (options_.logprobs) {
        HeldLogprobs held{.logprobs = logprobs_of(event), .text_begin = n_text_bytes_};
        held.logprobs.text_offset = n_text_characters_;
        held_.push_back(std::move(held));
      }
      take_text(detokenizer_.push(*event.token), piece);
    }
  }
  if (event.finish && !finished_) {
    end(event, piece);
  }
  const bool prompt_complete = n_prompt_events_ >= options_.n_echo_tokens || event.finish;
  if (prompt_complete) {
    if (!echo_.empty()) {
      piece.text.insert(0, std::exchange(echo_, {}));
    }
    if (!finished_) {
      release_logprobs(piece, false);
    }
  }
  if (piece.text.empty() && piece.logprobs.empty() && !piece.finish) {
    return std::nullopt;
  }
  return piece;
}

}  // namespace hearth::backends
