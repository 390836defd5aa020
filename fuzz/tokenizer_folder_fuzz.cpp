// The files beside vocab.json come with a downloaded model, too. The input is their contents, each ended by a NUL:
// tokenizer_config.json, special_tokens_map.json, added_tokens.json, vocab.json, merges.txt.
#include <array>
#include <cstdint>

#include "text/make_tokenizer.h"
#include "text/token_roles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, 5> files;
  for (std::string_view& file : files) {
    file = input.substr(0, input.find('\0'));
    input.remove_prefix(file.size() < input.size() ? file.size() + 1 : input.size());
  }
  const auto roles = hearth::text::read_token_roles(
      {.tokenizer_config = files[0], .special_tokens_map = files[1], .added_tokens = files[2]});
  if (!roles) return 0;
  const auto tokenizer = hearth::text::make_vocab_merges_tokenizer(files[3], files[4], *roles);
  if (!tokenizer) return 0;
  if (const auto ids = (*tokenizer)->encode("Hello <s> w\xC3\xB6rld\n  12\xFF", {})) {
    (*tokenizer)->decode(*ids, true);
    for (const auto id : *ids) (*tokenizer)->token_bytes(id, true);
  }
  return 0;
}
