// hearth_token_ids VOCABULARY.gguf: encodes the texts on stdin, separated by lines `__ggml_vocab_test__`, and prints
// the ids of each on one line. tests/e2e/test_real_vocabularies.py compares them with those of the reference.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "formats/checkpoint.h"
#include "text/make_tokenizer.h"

namespace {

using hearth::Result;
using hearth::Status;

Status print_ids(const hearth::text::Tokenizer& tokenizer, std::string_view text) {
  HEARTH_TRY(const auto ids, tokenizer.encode(text, {.add_special = false, .parse_special = false}));
  for (std::size_t i = 0; i < ids.size(); ++i) std::printf(i == 0 ? "%d" : " %d", ids[i]);
  std::printf("\n");
  return {};
}

Status run(const char* path, std::string_view input) {
  constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
  HEARTH_TRY(const auto checkpoint, hearth::formats::open_checkpoint(path));
  HEARTH_TRY(const auto tokenizer, hearth::text::make_gguf_tokenizer(checkpoint.metadata));
  while (true) {
    const std::size_t end = input.find(kSeparator);
    HEARTH_TRY_VOID(print_ids(*tokenizer, input.substr(0, end)));
    if (end == std::string_view::npos) return {};
    input.remove_prefix(end + kSeparator.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s VOCABULARY.gguf < TEXTS\n", argv[0]);
    return 2;
  }
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  const Status status = run(argv[1], input);
  if (status) return 0;
  std::fprintf(stderr, "%s: %s\n", argv[1], status.error().message.c_str());
  return 1;
}
