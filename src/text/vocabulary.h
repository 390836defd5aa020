// Vocabulary: the tokens of one model as its file stores them, with their kinds and scores.
//
// Built once by the factories of make_tokenizer.h; immutable afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"

namespace hearth::text {

// The numbers are those of tokenizer.ggml.token_type and of sentencepiece's ModelProto.
enum class TokenKind : std::uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,  // found in text before anything else, but ordinary text otherwise
  kUnused = 5,
  kByte = 6,  // <0xHH>
};

class Vocabulary {
 public:
  // scores may be empty. kinds may be empty: all normal.
  Vocabulary(std::vector<std::string> pieces, std::vector<float> scores, std::vector<TokenKind> kinds);
  // The index views the pieces: a moved vector keeps them in place, a copy would not.
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  int size() const { return static_cast<int>(pieces_.size()); }
  bool contains(TokenId id) const { return id >= 0 && id < size(); }
  const std::string& piece(TokenId id) const { return pieces_[static_cast<std::size_t>(id)]; }
  float score(TokenId id) const { return scores_.empty() ? 0.0F : scores_[static_cast<std::size_t>(id)]; }
  TokenKind kind(TokenId id) const { return kinds_[static_cast<std::size_t>(id)]; }
  void set_kind(TokenId id, TokenKind kind) { kinds_[static_cast<std::size_t>(id)] = kind; }

  // The lowest id with this piece.
  std::optional<TokenId> find(std::string_view piece) const;

 private:
  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::vector<TokenKind> kinds_;
  std::unordered_map<std::string_view, TokenId> ids_;
};

// The value of a byte token "<0xHH>".
std::optional<unsigned char> byte_token_value(std::string_view piece);

}  // namespace hearth::text
