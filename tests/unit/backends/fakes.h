// Stand-ins for tests of serving: a tokenizer whose pieces the test chooses, an engine that emits scripted tokens, a
// loaded model that answers at once or when told, and a sink that keeps what it was given.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "backends/loaded_model.h"
#include "engine/engine.h"
#include "text/tokenizer.h"

namespace hearth::backends {

// Token i is pieces[i]; encode() takes the longest piece that fits, byte by byte from the left. Token 0 is </s>,
// control.
class FakeTokenizer final : public text::Tokenizer {
 public:
  explicit FakeTokenizer(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
    special_.eos = 0;
    special_.end_of_generation = {0};
  }
  // One token per byte value, id = byte + 1.
  static FakeTokenizer bytes() {
    std::vector<std::string> pieces{"</s>"};
    for (int i = 0; i < 256; ++i) {
      pieces.emplace_back(1, static_cast<char>(i));
    }
    return FakeTokenizer(std::move(pieces));
  }

  Result<std::vector<text::TokenId>> encode(std::string_view text, const text::EncodeOptions& options) const override {
    std::vector<text::TokenId> ids;
    if (options.add_special && special_.add_bos) {
      ids.push_back(*special_.bos);
    }
    while (!text.empty()) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < pieces_.size(); ++i) {
        if (text.starts_with(pieces_[i]) && pieces_[i].size() > (best == 0 ? 0 : pieces_[best].size())) {
          best = i;
        }
      }
      if (best == 0) {
        return fail(ErrorCode::kInvalidArgument, "no token for the text");
      }
      ids.push_back(static_cast<text::TokenId>(best));
      text.remove_prefix(pieces_[best].size());
    }
    return ids;
  }
  int n_tokens() const override { return static_cast<int>(pieces_.size()); }
  std::string token_bytes(text::TokenId id, bool include_special) const override {
    return is_control(id) && !include_special ? "" : piece(id);
  }
  std::string decode(std::span<const text::TokenId> ids, bool include_special) const override {
    std::string out;
    for (const text::TokenId id : ids) {
      out += token_bytes(id, include_special);
    }
    return out;
  }
  std::string piece(text::TokenId id) const override {
    return id >= 0 && id < n_tokens() ? pieces_[static_cast<std::size_t>(id)] : "";
  }
  std::optional<text::TokenId> find_piece(std::string_view piece) const override {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i] == piece) {
        return static_cast<text::TokenId>(i);
      }
    }
    return std::nullopt;
  }
  bool is_control(text::TokenId id) const override { return id == 0; }
  const text::SpecialTokens& special() const override { return special_; }
  text::SpecialTokens& settings() { return special_; }

 private:
  std::vector<std::string> pieces_;
  text::SpecialTokens special_;
};

// Keeps what it was given; `room` false makes on_text ask the backend to wait.
class RecordingSink final : public ReplySink {
 public:
  void on_waiting(std::string_view what) override {
    const std::lock_guard lock(mutex_);
    waited_for += what;
  }
  void on_start(const ReplyStart& reply_start) override {
    const std::lock_guard lock(mutex_);
    start = reply_start;
    started = true;
  }
  bool on_text(TextPiece piece) override {
    const std::lock_guard lock(mutex_);
    texts[piece.choice] += piece.text;
    pieces.push_back(std::move(piece));
    changed_.notify_all();
    return room;
  }
  void on_done(const Usage& reply_usage) override {
    end([&] { usage = reply_usage; });
  }
  void on_error(RequestError reply_error) override {
    end([&] { error = std::move(reply_error); });
  }

  // False when the reply did not end in time.
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return n_ends > 0; });
  }
  bool wait_for_pieces(std::size_t n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return pieces.size() >= n; });
  }

  ReplyStart start;
  bool started = false;
  std::map<std::int64_t, std::string> texts;
  std::vector<TextPiece> pieces;
  std::string waited_for;
  Usage usage;
  std::optional<RequestError> error;
  int n_ends = 0;
  bool room = true;

 private:
  template <typename F>
  void end(F keep) {
    const std::lock_guard lock(mutex_);
    keep();
    ++n_ends;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Hands out sequence ids and lets the test play the engine.
class FakeEngine final : public engine::Engine {
 public:
  Result<engine::SequenceId> submit(engine::SequenceRequest request, std::shared_ptr<engine::TokenSink> sink) override {
    if (requests.size() >= max_sequences) {
      return fail(ErrorCode::kOverloaded, "the queue is full");
    }
    requests.push_back(std::move(request));
    sinks.push_back(std::move(sink));
    return requests.size();
  }
  void cancel(engine::SequenceId sequence) override { cancelled.push_back(sequence); }
  bool step() override { return false; }
  bool has_work() const override { return false; }
  engine::EngineStats stats() const override { return {}; }
  void set_wake(std::function<void()> /*wake*/) override {}
  void trim() override {}

  // A token of the i-th submitted sequence.
  void emit(std::size_t i, text::TokenId token, std::optional<engine::FinishReason> finish = {}) {
    engine::TokenEvent event;
    event.sequence = i + 1;
    event.token = token;
    event.is_stop = token == 0;
    event.finish = finish;
    event.logprob = -0.5F;
    event.top_logprobs = {{token, -0.5F}};
    sinks[i]->on_token(std::move(event));
  }

  std::size_t max_sequences = 100;
  std::vector<engine::SequenceRequest> requests;
  std::vector<std::shared_ptr<engine::TokenSink>> sinks;
  std::vector<engine::SequenceId> cancelled;
};

class FakeReply final : public Reply {
 public:
  void cancel() override { ++n_cancels; }
  void resume() override { ++n_resumes; }
  int n_cancels = 0;
  int n_resumes = 0;
};

// Answers with `play`, by default "Hello" in one piece for every choice.
class FakeModel final : public LoadedModel {
 public:
  using Play = std::function<void(const Request&, ReplyStart, ReplySink&)>;

  std::shared_ptr<Reply> answer(const Request& request, ReplyStart start, std::shared_ptr<ReplySink> sink) override {
    last_request = request;
    last_sink = sink;
    start.fingerprint = "fp_fake";
    start.seed = static_cast<std::uint64_t>(request.sampling.seed.value_or(7));
    play(request, start, *sink);
    return reply;
  }
  Result<std::vector<TokenId>> tokenize(const std::string& text, bool /*add_special*/) const override {
    return std::vector<TokenId>(text.size(), 1);
  }
  std::string detokenize(const std::vector<TokenId>& tokens) const override { return std::string(tokens.size(), 'x'); }
  std::int64_t context_size() const override { return 100; }
  std::uint64_t memory_bytes() const override { return memory; }
  ModelStats stats() const override { return {.n_kv_blocks = 9, .n_free_kv_blocks = 8}; }

  Play play = [](const Request& request, const ReplyStart& start, ReplySink& sink) {
    sink.on_start(start);
    const auto n_choices = static_cast<std::int64_t>(request.prompts.size()) * request.n;
    for (std::int64_t i = 0; i < n_choices; ++i) {
      sink.on_text({.choice = i, .text = "Hello", .finish = Finish::kStop, .stop_reason = StopReason::kEos});
    }
    sink.on_done({.n_prompt_tokens = 3, .n_cached_tokens = 1, .n_generated_tokens = n_choices});
  };
  Request last_request;
  std::shared_ptr<ReplySink> last_sink;
  std::shared_ptr<FakeReply> reply = std::make_shared<FakeReply>();
  std::uint64_t memory = 1000;
};

}  // namespace hearth::backends
