// FakeModel: a StepModel whose "keys" are hashes of the tokens before them, read back through the block tables.
//
// What it writes for a position depends on everything that it can see at earlier positions, as in a transformer. So a
// wrong block table, a stale block or a freed window changes tokens, and the engine's tests compare with
// expected_reply(), which knows no blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "model/step.h"

namespace hearth::engine {

struct FakeModelOptions {
  std::vector<std::int32_t> windows = {0};  // one KV group each
  bool recurrent = false;                   // a hash of all tokens so far as state; then no windows
  std::int32_t n_vocab = 50;
  std::int32_t max_rows = 512;
  // Positions from here on depend on the prompt's length too, as with rope that depends on it.
  std::int64_t original_context = std::numeric_limits<std::int64_t>::max();
};

// Bytes one block of any group of a FakeModel takes, and its recurrent state.
inline constexpr std::int64_t kFakeBlockBytes = 4096;

class FakeModel final : public model::StepModel {
 public:
  explicit FakeModel(FakeModelOptions options);

  std::int32_t n_vocab() const override { return options_.n_vocab; }
  std::span<const model::KvGroup> kv_groups() const override { return groups_; }
  std::int64_t state_floats() const override { return options_.recurrent ? kFakeBlockBytes / 4 : 0; }
  std::int32_t max_rows() const override { return options_.max_rows; }
  void step(const model::StepBatch& batch, float* logits) override;

  std::int64_t n_steps = 0;
  std::int64_t n_rows = 0;                         // computed since start
  std::vector<std::int32_t> last_rows;             // rows of each sequence in the last step
  std::function<void(std::int64_t step)> on_step;  // before each

 private:
  FakeModelOptions options_;
  std::vector<model::KvGroup> groups_;
};

// The tokens that a request must get, whatever else runs: computed without an engine.
std::vector<TokenId> expected_reply(const FakeModelOptions& options, const SequenceRequest& request,
                                    std::int64_t context_size);

// Keeps the events of any number of sequences; checks that nothing follows a last event.
class CollectingSink final : public TokenSink {
 public:
  void on_token(TokenEvent event) override;

  // Copies, since an engine thread may be writing.
  std::vector<TokenEvent> events(SequenceId sequence) const;
  std::vector<TokenId> tokens(SequenceId sequence) const;  // generated
  bool finished(SequenceId sequence) const;
  std::int64_t n_finished() const;

 private:
  mutable std::mutex mutex_;
  std::map<SequenceId, std::vector<TokenEvent>> events_;
  std::int64_t n_finished_ = 0;
};

}  // namespace hearth::engine
