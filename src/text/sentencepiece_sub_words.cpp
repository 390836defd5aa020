// The "llama" vocabularies of GGUF: sentencepiece's BPE, run by the library over a ModelProto of our own writing.
#include <sentencepiece_processor.h>

#include <utility>

#include "text/model_proto.h"
#include "text/sentencepiece_call.h"
#include "text/sub_words.h"
#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

class SentencePieceSubWords final : public SubWords {
 public:
  SentencePieceSubWords(std::unique_ptr<sentencepiece::SentencePieceProcessor> processor, bool add_space_prefix)
      : processor_(std::move(processor)), add_space_prefix_(add_space_prefix) {}

  Status encode(std::string_view text, bool at_start, std::vector<TokenId>& ids) const override {
    std::string prefixed;
    if (at_start && add_space_prefix_) {
      prefixed = " " + std::string(text);
      text = prefixed;
    }
    std::vector<int> encoded;
    HEARTH_TRY_VOID(call_sentencepiece(ErrorCode::kInvalidArgument, "tokenizer",
                                       [&] { return processor_->Encode(text, &encoded); }));
    ids.insert(ids.end(), encoded.begin(), encoded.end());
    return {};
  }

  std::string bytes(std::string_view piece) const override { return unmark_spaces(piece); }
  bool drops_leading_space() const override { return add_space_prefix_; }

 private:
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  bool add_space_prefix_;
};

}  // namespace

Result<std::unique_ptr<SubWords>> make_sentencepiece_sub_words(const Vocabulary& vocabulary,
                                                               const SentencePieceOptions& options) {
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  HEARTH_TRY_VOID(call_sentencepiece(ErrorCode::kCorruptFile, "sentencepiece vocabulary", [&] {
    return processor->LoadFromSerializedProto(write_model_proto(vocabulary));
  }));
  return std::make_unique<SentencePieceSubWords>(std::move(processor), options.add_space_prefix);
}

}  // namespace hearth::text
