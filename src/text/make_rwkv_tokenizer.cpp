// The vocabulary of RWKV's World models: a text file, or the keys of a GGUF file.
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "text/make_tokenizer.h"
#include "text/python_literal.h"
#include "text/rwkv_sub_words.h"
#include "text/vocabulary_tokenizer.h"

namespace hearth::text {
namespace {

constexpr TokenId kMaxId = 1 << 20;
constexpr std::string_view kEndOfText = "<|endoftext|>";

Status bad_line(std::size_t number, std::string_view what) {
  return fail(ErrorCode::kCorruptFile, fmt::format("line {} of the RWKV vocabulary: {}", number, what));
}

struct Entry {
  TokenId id = 0;
  std::string bytes;
};

// `id literal length`, the literal a Python str or bytes that may hold spaces, the length in bytes.
Result<Entry> parse_line(std::string_view line, std::size_t number) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) {
    return std::unexpected(bad_line(number, "expected an id, a literal and a length").error());
  }
  const auto integer = [](std::string_view text, std::int64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  std::int64_t id = 0;
  std::int64_t length = 0;
  if (!integer(line.substr(0, first), id) || id < 1 || id > kMaxId) {
    return std::unexpected(bad_line(number, fmt::format("expected an id of 1 to {}", kMaxId)).error());
  }
  std::optional<std::string> bytes = parse_python_literal(line.substr(first + 1, last - first - 1));
  if (!bytes || bytes->empty()) {
    return std::unexpected(bad_line(number, "expected a Python text or bytes literal").error());
  }
  if (!integer(line.substr(last + 1), length) || std::cmp_not_equal(length, bytes->size())) {
    return std::unexpected(bad_line(number, fmt::format("expected a length of {}", bytes->size())).error());
  }
  return Entry{static_cast<TokenId>(id), std::move(*bytes)};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_rwkv_tokenizer(std::string_view vocabulary_text) {
  std::vector<std::string> pieces(1, std::string(kEndOfText));
  std::size_t number = 0;
  while (!vocabulary_text.empty()) {
    const std::size_t end = vocabulary_text.find('\n');
    std::string_view line = vocabulary_text.substr(0, end);
    vocabulary_text.remove_prefix(end == std::string_view::npos ? vocabulary_text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    HEARTH_TRY(Entry entry, parse_line(line, number));
    const auto at = static_cast<std::size_t>(entry.id);
    // Ids ascend in the file; one far beyond its lines would only ask for memory.
    if (at > pieces.size() + number) return std::unexpected(bad_line(number, "the id is out of order").error());
    if (at >= pieces.size()) pieces.resize(at + 1);
    if (!pieces[at].empty()) return std::unexpected(bad_line(number, "the id occurs twice").error());
    pieces[at] = std::move(entry.bytes);
  }
  return make_rwkv_world_tokenizer(std::move(pieces));
}

Result<std::unique_ptr<Tokenizer>> make_rwkv_world_tokenizer(std::vector<std::string> pieces) {
  if (pieces.size() < 2) return fail(ErrorCode::kCorruptFile, "the RWKV vocabulary has no token");
  std::vector<TokenKind> kinds(pieces.size(), TokenKind::kNormal);
  kinds[0] = TokenKind::kControl;
  pieces[0] = kEndOfText;
  VocabularyTokenizerParts parts{.vocabulary = Vocabulary(std::move(pieces), {}, std::move(kinds))};
  parts.special.eos = 0;
  parts.special.padding = 0;
  parts.special.end_of_generation = {0};
  parts.sub_words = make_rwkv_sub_words(parts.vocabulary);
  return make_vocabulary_tokenizer(std::move(parts));
}

}  // namespace hearth::text
