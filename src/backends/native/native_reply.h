// NativeReply: one request running on the engine, its sequences, the way of their tokens to text, and its end.
//
// The engine thread only queues token events; a detokeniser pool turns them into text, one task at a time per request.
// While the sink has no room the events stay queued (a few bytes each, at most a context's worth per choice).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "backends/native/choice_text.h"
#include "backends/reply.h"
#include "base/task_pool.h"
#include "engine/engine.h"

namespace hearth::backends {

struct PlannedChoice {
  engine::SequenceRequest sequence;
  ChoiceTextOptions text;
  bool counts_prompt = false;  // the first choice of its prompt
};

// What a reply needs of its model; the owner keeps engine and tokenizer alive through `keep_alive`.
struct ReplyContext {
  std::shared_ptr<void> keep_alive;
  engine::Engine& engine;
  const text::Tokenizer& tokenizer;
  base::TaskPool& pool;
};

class NativeReply final : public Reply, public std::enable_shared_from_this<NativeReply> {
 public:
  NativeReply(ReplyContext context, std::shared_ptr<ReplySink> sink);
  ~NativeReply() override;

  // Once. Errors go to the sink.
  void start(const ReplyStart& start, std::vector<PlannedChoice> choices);
  void cancel() override;
  void resume() override;

 private:
  class Sink;
  struct Choice {
    Choice(const text::Tokenizer& tokenizer, const PlannedChoice& plan)
        : text(tokenizer, plan.text), counts_prompt(plan.counts_prompt) {}
    ChoiceText text;
    engine::SequenceId sequence = 0;
    bool counts_prompt;
    bool over = false;
  };

  void enqueue(std::size_t choice, engine::TokenEvent event);
  void schedule();  // under the lock
  void pump();
  bool handle(std::size_t index, const engine::TokenEvent& event);
  void fail_all(RequestError error);
  void cancel_sequences();

  ReplyContext context_;
  std::shared_ptr<ReplySink> sink_;
  std::vector<std::unique_ptr<Choice>> choices_;  // written by start(), then by the pump only
  std::size_t n_open_ = 0;
  Usage usage_;

  std::mutex mutex_;
  std::deque<std::pair<std::size_t, engine::TokenEvent>> queue_;
  std::vector<engine::SequenceId> sequences_;
  bool scheduled_ = false;
  bool started_ = false;  // start() is through
  bool paused_ = true;    // until then, and while the sink has no room
  bool resumed_ = false;  // since the event that is being handled was taken
  bool cancelled_ = false;
  bool over_ = false;  // nothing more reaches the sink
};

}  // namespace hearth::backends
