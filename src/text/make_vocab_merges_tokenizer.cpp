// vocab.json and merges.txt: the two files that GPT-2 introduced and that OPT and others keep, run as byte-level BPE.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/json.h"
#include "text/end_of_generation.h"
#include "text/make_tokenizer.h"
#include "text/vocabulary_tokenizer.h"

namespace hearth::text {
namespace {

// {"piece": id, …} with ids in any order.
class PieceReader final : public base::JsonEvents {
 public:
  Status begin(bool is_object) override {
    if (depth_++ > 0 || !is_object) return fail(ErrorCode::kCorruptFile, "is not an object of pieces and ids");
    return {};
  }
  Status key(std::string&& key) override {
    piece_ = std::move(key);
    return {};
  }
  Status scalar(Json&& value) override {
    const bool in_range = depth_ == 1 && value.is_number_integer() && value.get<std::int64_t>() >= 0 &&
                          value.get<std::int64_t>() <= kMaxTokenId;
    if (!in_range) return fail(ErrorCode::kCorruptFile, "the id of '" + piece_ + "' is no token id");
    max_id = std::max(max_id, value.get<std::size_t>());
    entries.emplace_back(value.get<std::size_t>(), std::move(piece_));
    return {};
  }
  Status end() override {
    --depth_;
    return {};
  }

  std::vector<std::pair<std::size_t, std::string>> entries;
  std::size_t max_id = 0;

 private:
  int depth_ = 0;
  std::string piece_;
};

// Holes are empty pieces.
Result<std::vector<std::string>> read_pieces(std::string_view vocab_json) {
  PieceReader reader;
  if (Status status = base::parse_json_events(vocab_json, reader); !status) {
    return base::fail_at("vocab.json", {ErrorCode::kCorruptFile, std::move(status).error().message, {}});
  }
  if (reader.max_id > max_sparse_id(reader.entries.size())) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("vocab.json: the id {} is far beyond its {} tokens", reader.max_id, reader.entries.size()));
  }
  std::vector<std::string> pieces(reader.entries.empty() ? 0 : reader.max_id + 1);
  for (auto& [id, piece] : reader.entries) pieces[id] = std::move(piece);
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

// Added tokens extend the vocabulary or stand for a piece of it.
std::vector<TokenKind> add_tokens(const TokenRoles& roles, std::vector<std::string>& pieces) {
  if (!roles.added.empty()) {
    pieces.resize(std::max(pieces.size(), static_cast<std::size_t>(roles.added.back().id) + 1));
  }
  std::vector<TokenKind> kinds(pieces.size(), TokenKind::kNormal);
  for (const AddedToken& token : roles.added) {
    const auto id = static_cast<std::size_t>(token.id);
    pieces[id] = token.piece;
    kinds[id] = token.special ? TokenKind::kControl : TokenKind::kUserDefined;
  }
  return kinds;
}

void find_special(const TokenRoles& roles, Vocabulary& vocabulary, SpecialTokens& special) {
  special = special_tokens_of(roles, vocabulary);
  // The names that GPT-2, OPT and RoBERTa use.
  for (const std::string_view name : {"<s>", "</s>", "<pad>", "<unk>"}) {
    if (const auto id = vocabulary.find(name)) vocabulary.set_kind(*id, TokenKind::kControl);
  }
  for (const auto& id : {special.bos, special.eos, special.unknown, special.padding}) {
    if (id) vocabulary.set_kind(*id, TokenKind::kControl);
  }
  find_end_of_generation(vocabulary, special);
  if (!special.unknown) special.unknown = vocabulary.find("<unk>");
  if (!special.padding) special.padding = vocabulary.find("<pad>");
  if (!special.eos) special.eos = vocabulary.find("</s>");
  if (!special.eos) special.eos = vocabulary.find("<|endoftext|>");
  if (special.end_of_generation.empty() && special.eos) special.end_of_generation.push_back(*special.eos);
  add_end_ids(roles, vocabulary, special);
  // OPT begins every text with the token that ends one; nobody else of this kind adds any.
  const bool is_opt = roles.model_type == "opt";
  if (!special.bos && is_opt) special.bos = special.eos;
  special.add_bos = roles.add_bos.value_or(is_opt) && special.bos;
  special.add_eos = roles.add_eos.value_or(false) && special.eos;
}

bool is_qwen2(const TokenRoles& roles) {
  return roles.tokenizer_class.starts_with("Qwen2Tokenizer") ||
         (roles.tokenizer_class.empty() &&
          (roles.model_type.starts_with("qwen2") || roles.model_type.starts_with("qwen3")));
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_vocab_merges_tokenizer(std::string_view vocab_json,
                                                               std::string_view merges_text, const TokenRoles& roles) {
  HEARTH_TRY(auto pieces, read_pieces(vocab_json));
  HEARTH_TRY_VOID(check_added_ids(roles, pieces.size()));
  std::vector<TokenKind> kinds = add_tokens(roles, pieces);
  VocabularyTokenizerParts parts{.vocabulary = Vocabulary(std::move(pieces), {}, std::move(kinds))};
  find_special(roles, parts.vocabulary, parts.special);
  for (const AddedToken& token : roles.added) {
    if (token.strips_left) parts.strips_left.push_back(token.id);
    if (token.strips_right) parts.strips_right.push_back(token.id);
  }
  const std::vector<std::string> merges = read_merges(merges_text);
  HEARTH_TRY(parts.sub_words,
             make_bpe_sub_words(parts.vocabulary, merges, pre_tokenizer_for(is_qwen2(roles) ? "qwen2" : "gpt-2")));
  return make_vocabulary_tokenizer(std::move(parts));
}

}  // namespace hearth::text
