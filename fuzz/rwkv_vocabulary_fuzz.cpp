// The text file of RWKV's World vocabulary, and the escaped tokens of a GGUF file with one token per line.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/make_tokenizer.h"

namespace {

using Made = hearth::Result<std::unique_ptr<hearth::text::Tokenizer>>;

Made from_gguf(std::string_view input) {
  std::vector<std::string> tokens;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    tokens.emplace_back(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  hearth::formats::Metadata metadata;
  metadata.set("tokenizer.ggml.model", {std::string("rwkv")});
  metadata.set("tokenizer.ggml.tokens", {std::move(tokens)});
  return hearth::text::make_gguf_tokenizer(metadata);
}

void use(const Made& tokenizer, std::string_view input) {
  if (!tokenizer) return;
  for (const std::string_view text : {std::string_view("Hello <s> w\xC3\xB6rld\n  12\xFF"), input}) {
    const auto ids = (*tokenizer)->encode(text, {.parse_special = false});
    // What was cut into tokens is put together again bit for bit.
    std::string bytes;
    for (const auto id : ids.value_or(std::vector<hearth::text::TokenId>())) {
      bytes += (*tokenizer)->token_bytes(id, true);
    }
    if (ids && bytes != text) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  use(hearth::text::make_rwkv_tokenizer(input), input);
  use(from_gguf(input), input);
  return 0;
}
