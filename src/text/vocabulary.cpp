#include "text/vocabulary.h"

#include <charconv>
#include <utility>

#include "base/check.h"

namespace hearth::text {

Vocabulary::Vocabulary(std::vector<std::string> pieces, std::vector<float> scores, std::vector<TokenKind> kinds)
    : pieces_(std::move(pieces)), scores_(std::move(scores)), kinds_(std::move(kinds)) {
  if (kinds_.empty()) kinds_.assign(pieces_.size(), TokenKind::kNormal);
  HEARTH_CHECK(kinds_.size() == pieces_.size(), "one kind per piece");
  HEARTH_CHECK(scores_.empty() || scores_.size() == pieces_.size(), "one score per piece");
  ids_.reserve(pieces_.size());
  for (std::size_t id = 0; id < pieces_.size(); ++id) ids_.emplace(pieces_[id], static_cast<TokenId>(id));
}

std::optional<TokenId> Vocabulary::find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::optional<unsigned char> byte_token_value(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') return std::nullopt;
  unsigned char value = 0;
  const char* end = piece.data() + 5;
  const auto [stop, error] = std::from_chars(piece.data() + 3, end, value, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace hearth::text
