// The tokenizer.ggml.* keys of a file, made from the input line by line: a line is a piece, its first two bytes are its
// type and score, the first line picks the kind of vocabulary.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "text/make_tokenizer.h"

namespace {

constexpr std::array<const char*, 5> kModels = {"llama", "gpt2", "bert", "t5", "gemma4"};

hearth::formats::Metadata metadata_of(std::string_view input) {
  std::vector<std::string> pieces;
  std::vector<float> scores;
  std::vector<std::int64_t> types;
  const auto kind = static_cast<unsigned char>(input.empty() ? 0 : input[0]);
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    types.push_back(line.empty() ? 1 : line[0] & 7);
    scores.push_back(line.size() < 2 ? 0.0F : -static_cast<float>(line[1]));
    pieces.emplace_back(line.substr(std::min<std::size_t>(2, line.size())));
  }
  hearth::formats::Metadata metadata;
  metadata.set("tokenizer.ggml.model", {std::string(kModels[kind % kModels.size()])});
  metadata.set("tokenizer.ggml.merges", {pieces});
  metadata.set("tokenizer.ggml.tokens", {std::move(pieces)});
  metadata.set("tokenizer.ggml.scores", {std::move(scores)});
  metadata.set("tokenizer.ggml.token_type", {std::move(types)});
  return metadata;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = hearth::text::make_gguf_tokenizer(metadata_of(input));
  if (!tokenizer) return 0;
  for (const std::string_view text : {std::string_view("Hello <s> w\xC3\xB6rld\n  12\xFF"), input}) {
    if (const auto ids = (*tokenizer)->encode(text, {})) (*tokenizer)->decode(*ids, true);
  }
  return 0;
}
