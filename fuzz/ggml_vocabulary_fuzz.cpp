// Vocabularies of ggml files of 2023, made from the input line by line: a line is a token, its first byte is its score;
// the first byte of all picks the architecture.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "text/make_ggml_tokenizer.h"

namespace {

constexpr std::array<const char*, 5> kArchitectures = {"llama", "gpt2", "starcoder", "replit", "falcon"};

hearth::formats::Metadata metadata_of(std::string_view input) {
  std::vector<std::string> tokens;
  std::vector<float> scores;
  const auto kind = static_cast<unsigned char>(input.empty() ? 0 : input[0]);
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    scores.push_back(line.empty() ? 0.0F : -static_cast<float>(line[0]));
    tokens.emplace_back(line.substr(std::min<std::size_t>(1, line.size())));
  }
  hearth::formats::Metadata metadata;
  metadata.set("general.architecture", {std::string(kArchitectures[kind % kArchitectures.size()])});
  if ((kind & 0x80U) != 0) {
    metadata.set("ggml.merges", {tokens});
  }
  if ((kind & 0x40U) != 0) {
    metadata.set("ggml.scores", {std::move(scores)});
  }
  metadata.set("ggml.tokens", {std::move(tokens)});
  return metadata;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = hearth::text::make_ggml_tokenizer(metadata_of(input));
  if (!tokenizer) return 0;
  for (const std::string_view text : {std::string_view("Hello <s> w\xC3\xB6rld\n  12\xFF"), input}) {
    if (const auto ids = (*tokenizer)->encode(text, {})) (*tokenizer)->decode(*ids, true);
  }
  return 0;
}
