#include "backends/native/native_reply.h"

#include <utility>

namespace hearth::backends {
namespace {

RequestError submit_error(Error error) {
  Reason reason = Reason::kInternal;
  if (error.code == ErrorCode::kOverloaded) {
    reason = Reason::kOverloaded;
  } else if (error.code == ErrorCode::kInvalidArgument) {
    reason = error.context == engine::kPromptTooLong ? Reason::kContextLength : Reason::kInvalid;
  }
  return {reason, std::move(error.message)};
}

}  // namespace

// Receives one choice's events on the engine thread.
class NativeReply::Sink final : public engine::TokenSink {
 public:
  Sink(std::shared_ptr<NativeReply> reply, std::size_t choice) : reply_(std::move(reply)), choice_(choice) {}
  void on_token(engine::TokenEvent event) override { reply_->enqueue(choice_, std::move(event)); }

 private:
  std::shared_ptr<NativeReply> reply_;
  std::size_t choice_;
};

NativeReply::NativeReply(ReplyContext context, std::shared_ptr<ReplySink> sink)
    : context_(std::move(context)), sink_(std::move(sink)) {}

// The engine thread may let go of a reply last. It must not end a model, whose end waits for the engine thread.
NativeReply::~NativeReply() {
  context_.pool.post([model = std::move(context_.keep_alive)] {});
}

void NativeReply::start(const ReplyStart& start, std::vector<PlannedChoice> choices) {
  n_open_ = choices.size();
  for (const PlannedChoice& plan : choices) {
    choices_.push_back(std::make_unique<Choice>(context_.tokenizer, plan));
    if (plan.counts_prompt) {
      usage_.n_prompt_tokens += static_cast<std::int64_t>(plan.sequence.prompt.size());
    }
  }
  for (std::size_t i = 0; i < choices.size(); ++i) {
    Result<engine::SequenceId> sequence =
        context_.engine.submit(std::move(choices[i].sequence), std::make_shared<Sink>(shared_from_this(), i));
    if (!sequence) {
      fail_all(submit_error(std::move(sequence).error()));
      return;
    }
    const std::lock_guard lock(mutex_);
    choices_[i]->sequence = *sequence;
    sequences_.push_back(*sequence);
  }
  sink_->on_start(start);
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    started_ = true;
    paused_ = false;
    cancelled = cancelled_;
    schedule();
  }
  if (cancelled) {
    cancel_sequences();
  }
}

void NativeReply::enqueue(std::size_t choice, engine::TokenEvent event) {
  const std::lock_guard lock(mutex_);
  if (over_ || cancelled_) {
    return;
  }
  queue_.emplace_back(choice, std::move(event));
  schedule();
}

void NativeReply::schedule() {
  if (scheduled_ || paused_ || over_ || queue_.empty()) {
    return;
  }
  // The pool's queue holds at most one task per running request, so it has room for this one.
  scheduled_ = context_.pool.post([self = shared_from_this()] { self->pump(); });
}

void NativeReply::pump() {
  for (;;) {
    std::pair<std::size_t, engine::TokenEvent> next;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty() || paused_ || over_ || cancelled_) {
        scheduled_ = false;
        return;
      }
      next = std::move(queue_.front());
      queue_.pop_front();
      resumed_ = false;
    }
    if (!handle(next.first, next.second)) {
      const std::lock_guard lock(mutex_);
      // The sink may have made room again before its answer came back here.
      paused_ = !resumed_;
    }
  }
}

// False when the sink has no room.
bool NativeReply::handle(std::size_t index, const engine::TokenEvent& event) {
  Choice& choice = *choices_[index];
  if (choice.over) {
    return true;
  }
  if (event.finish == engine::FinishReason::kError || event.finish == engine::FinishReason::kCancelled) {
    fail_all({Reason::kInternal, event.error.empty() ? "The request was cancelled." : event.error});
    return true;
  }
  if (choice.counts_prompt) {
    usage_.n_cached_tokens += event.n_cached_tokens;
  }
  bool room = true;
  if (std::optional<TextPiece> piece = choice.text.push(event)) {
    room = sink_->on_text(*std::move(piece));
  }
  if (!choice.text.finished()) {
    return room;
  }
  choice.over = true;
  if (choice.text.stopped_by_text()) {
    context_.engine.cancel(choice.sequence);
  }
  usage_.n_generated_tokens += choice.text.n_generated();
  if (--n_open_ == 0) {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      queue_.clear();
    }
    sink_->on_done(usage_);
  }
  return room;
}

void NativeReply::fail_all(RequestError error) {
  {
    const std::lock_guard lock(mutex_);
    if (over_) {
      return;
    }
    over_ = true;
    queue_.clear();
  }
  cancel_sequences();
  sink_->on_error(std::move(error));
}

void NativeReply::cancel_sequences() {
  std::vector<engine::SequenceId> sequences;
  {
    const std::lock_guard lock(mutex_);
    sequences = sequences_;
  }
  for (const engine::SequenceId sequence : sequences) {
    context_.engine.cancel(sequence);
  }
}

void NativeReply::cancel() {
  {
    const std::lock_guard lock(mutex_);
    if (over_ || std::exchange(cancelled_, true)) {
      return;
    }
    queue_.clear();
  }
  cancel_sequences();
}

void NativeReply::resume() {
  const std::lock_guard lock(mutex_);
  if (started_) {
    paused_ = false;
    resumed_ = true;
    schedule();
  }
}

}  // namespace hearth::backends
