#include "text/recovered_merges.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "text/byte_level.h"
#include "text/utf8.h"

namespace hearth::text {
namespace {

// Splitting takes the square of the length; the few longer tokens of real vocabularies are rows of one character.
constexpr std::size_t kMaxTokenBytes = 128;
constexpr std::size_t kNoRank = std::numeric_limits<std::size_t>::max();

// The order in which byte-level vocabularies number the bytes: that of the characters that stand for them.
std::array<std::string, 256> bytes_in_order() {
  std::array<std::string, 256> bytes;
  std::size_t n = 0;
  const auto append = [&](int first, int last) {
    for (int value = first; value <= last; ++value) {
      bytes[n++] = std::string(1, static_cast<char>(value));
    }
  };
  append(33, 126);
  append(161, 172);
  append(174, 255);
  append(0, 32);
  append(127, 160);
  append(173, 173);
  return bytes;
}

// Some converters wrote what a token decodes to, and a byte that is no character by itself decodes to U+FFFD. Which
// byte it was shows in its place. True if any was lost.
bool restore_bytes(std::vector<std::string>& tokens) {
  static const std::array<std::string, 256> kBytes = bytes_in_order();
  constexpr std::ptrdiff_t kPrintable = 94;
  const std::span printable = std::span(kBytes).first(kPrintable);
  const auto found = std::search(tokens.begin(), tokens.end(), printable.begin(), printable.end());
  if (tokens.end() - found < static_cast<std::ptrdiff_t>(kBytes.size())) {
    return false;
  }
  const bool fits = std::equal(
      kBytes.begin(), kBytes.end(), found,
      [](const std::string& byte, const std::string& token) { return token == byte || token == kReplacement; });
  const std::span<std::string> stored = std::span(tokens).subspan(static_cast<std::size_t>(found - tokens.begin()));
  if (!fits || std::ranges::equal(kBytes, stored.first(kBytes.size()))) {
    return false;
  }
  std::ranges::copy(kBytes, stored.begin());
  return true;
}

class MergeRecovery {
 public:
  explicit MergeRecovery(std::vector<std::string> tokens) {
    result_.tokens = std::move(tokens);
    result_.kinds.assign(result_.tokens.size(), TokenKind::kNormal);
  }

  RecoveredVocabulary run() {
    has_lost_characters_ = restore_bytes(result_.tokens);
    for (std::size_t id = 0; id < result_.tokens.size(); ++id) {
      if (result_.tokens[id].size() == 1 && !ranks_.emplace(result_.tokens[id], 0).second) {
        result_.kinds[id] = TokenKind::kUnused;
      }
    }
    for (std::size_t id = 0; id < result_.tokens.size(); ++id) {
      if (result_.tokens[id].size() != 1) {
        result_.kinds[id] = learn(id);
      }
    }
    return std::move(result_);
  }

 private:
  TokenKind learn(std::size_t id);
  // Where a token splits into its two halves; nothing if the merges so far do not leave exactly two.
  std::optional<std::size_t> split(std::string_view token) const;
  std::size_t rank(std::string_view piece) const {
    const auto found = ranks_.find(piece);
    return found == ranks_.end() ? kNoRank : found->second;
  }

  RecoveredVocabulary result_;
  std::unordered_map<std::string_view, std::size_t> ranks_;  // of single bytes and of what merges made of them
  bool has_lost_characters_ = false;
  bool adds_spaces_ = false;  // runs of spaces were added after training
};

bool is_marker(std::string_view token) {
  return (token.starts_with('<') && token.ends_with('>')) || (token.starts_with('[') && token.ends_with(']')) ||
         (token.starts_with(">>") && token.ends_with("<<"));
}

bool is_spaces(std::string_view token) {
  return token.find_first_not_of(' ') == std::string_view::npos;
}

TokenKind MergeRecovery::learn(std::size_t id) {
  const std::string& token = result_.tokens[id];
  const bool is_lost = has_lost_characters_ && token.find(kReplacement) != std::string::npos;
  if (token.empty() || token.size() > kMaxTokenBytes || is_lost || ranks_.contains(token)) {
    return TokenKind::kUnused;
  }
  if (adds_spaces_ && is_spaces(token)) {
    return TokenKind::kUserDefined;
  }
  if (const auto halves = split(token)) {
    result_.merges.push_back(bytes_to_byte_level(std::string_view(token).substr(0, *halves)) + " " +
                             bytes_to_byte_level(std::string_view(token).substr(*halves)));
    ranks_.emplace(token, result_.merges.size());
    return TokenKind::kNormal;
  }
  adds_spaces_ = adds_spaces_ || is_spaces(token);
  return is_marker(token) ? TokenKind::kControl : TokenKind::kUserDefined;
}

// Byte-pair encoding of the token itself: the adjacent pieces of lowest rank are joined, the leftmost first.
std::optional<std::size_t> MergeRecovery::split(std::string_view token) const {
  std::vector<std::size_t> starts;  // of the pieces
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (rank(token.substr(at, 1)) == kNoRank) {
      return std::nullopt;
    }
    starts.push_back(at);
  }
  const auto pair_rank = [&](std::size_t left) {
    const std::size_t end = left + 2 < starts.size() ? starts[left + 2] : token.size();
    return left + 1 < starts.size() ? rank(token.substr(starts[left], end - starts[left])) : kNoRank;
  };
  std::vector<std::size_t> pair_ranks(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    pair_ranks[i] = pair_rank(i);
  }
  while (starts.size() > 2) {
    const auto best = std::ranges::min_element(pair_ranks);
    if (*best == kNoRank) {
      return std::nullopt;
    }
    const auto left = static_cast<std::size_t>(best - pair_ranks.begin());
    starts.erase(starts.begin() + static_cast<std::ptrdiff_t>(left) + 1);
    pair_ranks.erase(best + 1);
    pair_ranks[left] = pair_rank(left);
    if (left > 0) {
      pair_ranks[left - 1] = pair_rank(left - 1);
    }
  }
  return starts[1];
}

}  // namespace

RecoveredVocabulary recover_merges(const std::vector<std::string>& tokens) {
  return MergeRecovery(tokens).run();
}

}  // namespace hearth::text
