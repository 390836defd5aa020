// ChoiceText: turns the token events of one choice into text pieces, by detokenising and looking for stop strings.
//
// Pure bookkeeping without threads: NativeReply calls it on a detokeniser thread. Log-probabilities travel with the
// text of their token: held back while the text is, dropped when a stop string swallows it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "backends/request.h"
#include "engine/engine.h"
#include "text/detokenizer.h"
#include "text/stop_matcher.h"
#include "text/tokenizer.h"

namespace hearth::backends {

struct ChoiceTextOptions {
  std::int64_t choice = 0;
  std::vector<std::string> stop;
  bool logprobs = false;
  std::int64_t max_tokens = -1;    // of the request; -1: to the end of the context
  std::string echo;                // the prompt's text, sent before everything else
  std::int64_t n_echo_tokens = 0;  // prompt tokens whose log-probabilities come first
};

class ChoiceText {
 public:
  ChoiceText(const text::Tokenizer& tokenizer, ChoiceTextOptions options);

  // The piece that became certain, or nothing. After a piece with `finish` set the choice is over, and later events are
  // ignored.
  std::optional<TextPiece> push(const engine::TokenEvent& event);
  bool finished() const { return finished_; }
  // True when a stop string ended it: the engine does not know and must be told.
  bool stopped_by_text() const { return stopped_by_text_; }
  std::int64_t n_generated() const { return n_generated_; }

 private:
  struct HeldLogprobs {
    TokenLogprobs logprobs;
    std::size_t text_begin = 0;  // in bytes of the reply's text
  };

  void push_prompt(const engine::TokenEvent& event);
  void take_text(const std::string& text, TextPiece& piece);
  void end(const engine::TokenEvent& event, TextPiece& piece);
  void release_logprobs(TextPiece& piece, bool all);
  TokenLogprobs logprobs_of(const engine::TokenEvent& event) const;
  TokenCandidate candidate(TokenId id, std::optional<float> logprob) const;

  const text::Tokenizer& tokenizer_;
  ChoiceTextOptions options_;
  text::Detokenizer detokenizer_;
  text::StopMatcher stops_;
  std::deque<HeldLogprobs> held_;
  std::string echo_;  // not yet sent
  std::int64_t n_prompt_events_ = 0;
  std::int64_t n_prompt_characters_ = 0;
  std::size_t n_text_bytes_ = 0;        // detokenised
  std::size_t n_sent_bytes_ = 0;        // released by the stop matcher
  std::int64_t n_text_characters_ = 0;  // detokenised, behind the echo
  std::int64_t n_generated_ = 0;
  bool finished_ = false;
  bool stopped_by_text_ = false;
};

// Characters (code points) of valid UTF-8.
std::int64_t count_characters(std::string_view text);

}  // namespace hearth::backends
