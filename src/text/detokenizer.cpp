#include "text/detokenizer.h"

#include <utility>

#include "text/utf8.h"

namespace hearth::text {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool include_special)
    : tokenizer_(&tokenizer), include_special_(include_special) {}

std::string Detokenizer::push(TokenId id) {
  pending_ += tokenizer_->token_bytes(id, include_special_);
  std::string_view rest = pending_;
  std::string text;
  text.reserve(rest.size());
  while (!rest.empty()) {
    const Utf8Sequence sequence = first_sequence(rest);
    if (sequence.incomplete) break;
    text += sequence.valid ? rest.substr(0, sequence.length) : kReplacement;
    rest.remove_prefix(sequence.length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return text;
}

std::string Detokenizer::flush() {
  std::string text = replace_invalid_utf8(pending_);
  pending_.clear();
  return text;
}

}  // namespace hearth::text
