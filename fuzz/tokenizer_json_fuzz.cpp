// tokenizer.json comes with a downloaded model: whatever it holds, loading and encoding end with a value or an error.
#include <cstdint>

#include "text/make_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = hearth::text::make_tokenizer_from_json(input);
  if (!tokenizer) return 0;
  if (const auto ids = (*tokenizer)->encode("Hello <s> w\xC3\xB6rld\n  12\xFF", {})) {
    (*tokenizer)->decode(*ids, true);
    for (const auto id : *ids) (*tokenizer)->token_bytes(id, true);
  }
  return 0;
}
