#include "text/rwkv_sub_words.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hearth::text {
namespace {

// Nodes are numbered as they are made; a node's children are found by (node, byte) in one hash table, but for those of
// the root, which every token begins at.
class Trie {
 public:
  Trie() { roots_.fill(kNone); }

  void add(std::string_view bytes, TokenId id) {
    std::int32_t node = kNone;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      std::int32_t& next = i == 0 ? roots_[byte] : children_.try_emplace(key(node, byte), kNone).first->second;
      if (next == kNone) {
        next = static_cast<std::int32_t>(ids_.size());
        ids_.push_back(kNone);
      }
      node = next;
    }
    // Of two tokens with the same bytes the first is meant.
    if (node != kNone && ids_[static_cast<std::size_t>(node)] == kNone) ids_[static_cast<std::size_t>(node)] = id;
  }

  // The longest token that `text` begins with: its id and length; length 0 when there is none.
  std::pair<TokenId, std::size_t> longest(std::string_view text) const {
    std::pair<TokenId, std::size_t> best{kNone, 0};
    std::int32_t node = kNone;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (i == 0) {
        node = roots_[byte];
      } else {
        const auto found = children_.find(key(node, byte));
        node = found == children_.end() ? kNone : found->second;
      }
      if (node == kNone) break;
      const TokenId id = ids_[static_cast<std::size_t>(node)];
      if (id != kNone) best = {id, i + 1};
    }
    return best;
  }

 private:
  static constexpr std::int32_t kNone = -1;
  static std::uint64_t key(std::int32_t node, unsigned char byte) {
    return static_cast<std::uint64_t>(node) << 8U | byte;
  }

  std::array<std::int32_t, 256> roots_{};
  std::unordered_map<std::uint64_t, std::int32_t> children_;
  std::vector<TokenId> ids_;  // by node
};

class RwkvSubWords final : public SubWords {
 public:
  explicit RwkvSubWords(const Vocabulary& vocabulary) {
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      if (vocabulary.kind(id) == TokenKind::kNormal) trie_.add(vocabulary.piece(id), id);
    }
  }

  Status encode(std::string_view text, bool /*at_start*/, std::vector<TokenId>& ids) const override {
    while (!text.empty()) {
      const auto [id, length] = trie_.longest(text);
      if (length == 0) {
        return fail(ErrorCode::kInvalidArgument, fmt::format("the vocabulary has no token for the byte {:#04x}",
                                                             static_cast<unsigned char>(text[0])));
      }
      ids.push_back(id);
      text.remove_prefix(length);
    }
    return {};
  }

  std::string bytes(std::string_view piece) const override { return std::string(piece); }

 private:
  Trie trie_;
};

}  // namespace

std::unique_ptr<SubWords> make_rwkv_sub_words(const Vocabulary& vocabulary) {
  return std::make_unique<RwkvSubWords>(vocabulary);
}

}  // namespace hearth::text
