#include "text/model_proto.h"

#include <bit>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace hearth::text {
namespace {

// Wire types of protocol buffers.
constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kLengthDelimited = 2;
constexpr std::uint32_t kFixed32 = 5;

class WireWriter {
 public:
  void varint_field(std::uint32_t field, std::uint64_t value) {
    varint(field << 3 | kVarint);
    varint(value);
  }
  void float_field(std::uint32_t field, float value) {
    varint(field << 3 | kFixed32);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xFFU);
  }
  void bytes_field(std::uint32_t field, std::string_view value) {
    varint(field << 3 | kLengthDelimited);
    varint(value.size());
    bytes_ += value;
  }
  std::string take() { return std::move(bytes_); }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80U);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// sentencepiece falls back to bytes only when all 256 byte tokens exist.
bool has_all_bytes(const Vocabulary& vocabulary) {
  std::bitset<256> found;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.kind(id) != TokenKind::kByte) continue;
    if (const auto value = byte_token_value(vocabulary.piece(id))) found.set(*value);
  }
  return found.all();
}

// The library wants exactly one unknown token.
TokenId unknown_of(const Vocabulary& vocabulary) {
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.kind(id) == TokenKind::kUnknown) return id;
  }
  return 0;
}

TokenKind kind_in_model(const Vocabulary& vocabulary, TokenId id, TokenId unknown, bool byte_fallback) {
  if (id == unknown) return TokenKind::kUnknown;
  switch (vocabulary.kind(id)) {
    case TokenKind::kByte:
      return byte_fallback && byte_token_value(vocabulary.piece(id)) ? TokenKind::kByte : TokenKind::kControl;
    case TokenKind::kControl:
    case TokenKind::kUnknown:
      return TokenKind::kControl;
    // Literal tokens are split off before, and the reference merges through unused tokens as through any other.
    case TokenKind::kUserDefined:
    case TokenKind::kUnused:
    case TokenKind::kNormal:
      break;
  }
  return TokenKind::kNormal;
}

std::string write_piece(std::string_view piece, float score, TokenKind kind) {
  WireWriter writer;
  writer.bytes_field(1, piece);
  writer.float_field(2, score);
  writer.varint_field(3, static_cast<std::uint64_t>(kind));
  return writer.take();
}

}  // namespace

std::string write_model_proto(const Vocabulary& vocabulary) {
  const bool byte_fallback = has_all_bytes(vocabulary);
  const TokenId unknown = unknown_of(vocabulary);
  WireWriter model;
  std::unordered_set<std::string_view> seen;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const std::string& piece = vocabulary.piece(id);
    // The library refuses empty and repeated pieces; such a token can only be written by its id anyway.
    if (piece.empty() || piece.find('\0') != std::string::npos || !seen.insert(piece).second) {
      model.bytes_field(1, write_piece("<unreachable:" + std::to_string(id) + ">", 0.0F, TokenKind::kControl));
      continue;
    }
    model.bytes_field(1,
                      write_piece(piece, vocabulary.score(id), kind_in_model(vocabulary, id, unknown, byte_fallback)));
  }

  WireWriter trainer;
  trainer.varint_field(3, 2);  // model_type BPE
  trainer.varint_field(35, byte_fallback ? 1 : 0);
  trainer.varint_field(40, static_cast<std::uint64_t>(unknown));
  model.bytes_field(2, trainer.take());

  WireWriter normalizer;
  normalizer.bytes_field(1, "identity");
  normalizer.varint_field(3, 0);  // add_dummy_prefix
  normalizer.varint_field(4, 0);  // remove_extra_whitespaces
  normalizer.varint_field(5, 1);  // escape_whitespaces
  model.bytes_field(3, normalizer.take());
  return model.take();
}

}  // namespace hearth::text
