#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include "app/cli.h"
#include "app/open_model.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "kernels/kernels.h"
#include "model/single_sequence.h"
#include "text/make_tokenizer_for.h"

namespace hearth::app {
namespace {

// The peer's perplexity tool does the same: windows of 512 tokens, the second half of each is scored.
constexpr std::int64_t kWindow = 512;

struct Score {
  double perplexity = 0;
  std::int64_t n_windows = 0;
  std::int64_t n_scored = 0;
};

struct TokenizedText {
  std::vector<std::int32_t> tokens;
  std::optional<std::int32_t> bos;
};

Result<TokenizedText> tokenize(const formats::Checkpoint& checkpoint, const std::filesystem::path& file) {
  HEARTH_TRY(const text::ModelTokenizer made, text::make_tokenizer_for(checkpoint));
  const text::Tokenizer& tokenizer = *made.tokenizer;
  HEARTH_TRY(const auto mapped, base::MappedFile::open(file));
  const std::string_view bytes(reinterpret_cast<const char*>(mapped.bytes().data()), mapped.bytes().size());
  TokenizedText result;
  HEARTH_TRY(result.tokens, tokenizer.encode(bytes, {.add_special = true, .parse_special = false}));
  if (tokenizer.special().add_bos) {
    result.bos = tokenizer.special().bos;
  }
  if (static_cast<std::int64_t>(result.tokens.size()) < kWindow) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: has {} tokens, fewer than one window of {}",
                                                         file.string(), result.tokens.size(), kWindow));
  }
  return result;
}

// -log p(token) from one row of logits, in double.
double negative_log_probability(const kernels::KernelTable& kernels, std::span<const float> logits,
                                std::int32_t token) {
  const auto n = static_cast<std::int64_t>(logits.size());
  const float max = kernels.max_value(logits.data(), n);
  return std::log(kernels.sum_exp(logits.data(), max, n)) + max - logits[static_cast<std::size_t>(token)];
}

Result<Score> score(const OpenedModel& opened, const TokenizedText& text, bool exact) {
  const auto& kernels = kernels::kernel_table(opened.isa);
  HEARTH_TRY(auto sequence,
             model::SingleSequence::create(*opened.model, exact ? model::KvType::kF32 : model::KvType::kF16, kWindow));
  Score result;
  double sum = 0;
  const bool progress = isatty(STDERR_FILENO) != 0;
  const std::int64_t n_windows = static_cast<std::int64_t>(text.tokens.size()) / kWindow;
  for (std::int64_t w = 0; w < n_windows; ++w) {
    std::vector<std::int32_t> window(text.tokens.begin() + w * kWindow, text.tokens.begin() + (w + 1) * kWindow);
    if (text.bos) {
      window.front() = *text.bos;
    }
    sequence.rewind(0);
    const auto add = [&](std::int64_t position, std::span<const float> logits) {
      if (position >= kWindow / 2 && position + 1 < kWindow) {
        sum += negative_log_probability(kernels, logits, window[static_cast<std::size_t>(position + 1)]);
        ++result.n_scored;
      }
    };
    HEARTH_TRY_VOID(sequence.feed(window, opened.model->max_rows(), false, add));
    ++result.n_windows;
    if (progress) {
      fmt::print(stderr, "\rwindow {} of {}: {:.4f} ", w + 1, n_windows,
                 std::exp(sum / static_cast<double>(result.n_scored)));
    }
  }
  if (progress) {
    fmt::print(stderr, "\n");
  }
  result.perplexity = std::exp(sum / static_cast<double>(result.n_scored));
  return result;
}

Result<Score> measure(const PerplexityOptions& options) {
  HEARTH_TRY(const auto path, locate_model(options.model));
  HEARTH_TRY(auto checkpoint, formats::open_checkpoint(path));
  HEARTH_TRY(const auto text, tokenize(checkpoint, options.file));
  HEARTH_TRY(const OpenedModel opened, load_for_command(std::move(checkpoint), options.model, options.exact));
  return score(opened, text, options.exact);
}

}  // namespace

int run_perplexity(const PerplexityOptions& options) {
  const auto result = measure(options);
  if (!result) {
    return report_failure(result.error());
  }
  if (options.json) {
    const Json value = {
        {"perplexity", result->perplexity}, {"windows", result->n_windows}, {"scored_tokens", result->n_scored}};
    std::fputs((base::dump_json(value) + "\n").c_str(), stdout);
  } else {
    fmt::print("perplexity {:.4f} over {} tokens in {} windows\n", result->perplexity, result->n_scored,
               result->n_windows);
  }
  return kExitDone;
}

}  // namespace hearth::app
