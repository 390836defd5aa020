// vocab.json and merges.txt: the two files of GPT-2 and its kin, a byte-level BPE with the GPT-2 pattern.
#include <utility>

#include "base/json.h"
#include "text/end_of_generation.h"
#include "text/make_tokenizer.h"
#include "text/vocabulary_tokenizer.h"

namespace hearth::text {
namespace {

// {"piece": id, …} with ids in any order. Holes are empty pieces.
Result<std::vector<std::string>> read_pieces(std::string_view vocab_json) {
  constexpr std::int64_t kMaxId = std::int64_t{1} << 22;
  auto json = base::parse_json(vocab_json);
  if (!json) return base::fail_at("vocab.json", std::move(json).error());
  if (!json->is_object()) return fail(ErrorCode::kCorruptFile, "vocab.json is not an object");
  std::vector<std::string> pieces;
  for (const auto& [piece, id] : json->items()) {
    if (!id.is_number_integer() || id.get<std::int64_t>() < 0 || id.get<std::int64_t>() > kMaxId) {
      return fail(ErrorCode::kCorruptFile, "vocab.json: the id of '" + piece + "' is no token id");
    }
    const auto index = id.get<std::size_t>();
    if (index >= pieces.size()) pieces.resize(index + 1);
    pieces[index] = piece;
  }
  return pieces;
}

std::vector<std::string> read_merges(std::string_view text) {
  std::vector<std::string> merges;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_version = first && line.starts_with("#version");
    first = false;
    if (!line.empty() && !is_version) merges.emplace_back(line);
  }
  return merges;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_vocab_merges_tokenizer(std::string_view vocab_json,
                                                               std::string_view merges_text) {
  HEARTH_TRY(auto pieces, read_pieces(vocab_json));
  Vocabulary vocabulary(std::move(pieces), {}, {});
  VocabularyTokenizerParts parts{.vocabulary = std::move(vocabulary)};
  // The names that GPT-2, OPT and RoBERTa use.
  for (const std::string_view name : {"<s>", "</s>", "<pad>", "<unk>"}) {
    if (const auto id = parts.vocabulary.find(name)) parts.vocabulary.set_kind(*id, TokenKind::kControl);
  }
  find_end_of_generation(parts.vocabulary, parts.special);
  parts.special.unknown = parts.vocabulary.find("<unk>");
  parts.special.padding = parts.vocabulary.find("<pad>");
  parts.special.eos = parts.vocabulary.find("</s>");
  if (!parts.special.eos) parts.special.eos = parts.vocabulary.find("<|endoftext|>");
  if (parts.special.end_of_generation.empty() && parts.special.eos) {
    parts.special.end_of_generation.push_back(*parts.special.eos);
  }
  const std::vector<std::string> merges = read_merges(merges_text);
  HEARTH_TRY(parts.sub_words, make_bpe_sub_words(parts.vocabulary, merges, pre_tokenizer_for("gpt-2")));
  return make_vocabulary_tokenizer(std::move(parts));
}

}  // namespace hearth::text
