#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "app/cli.h"
#include "app/open_model.h"
#include "base/json.h"
#include "formats/describe.h"
#include "text/make_tokenizer_for.h"
#include "text/model_chat_template.h"

namespace hearth::app {
namespace {

using formats::CheckpointSummary;

std::string bytes_text(std::int64_t n_bytes) {
  constexpr double kMebi = 1024.0 * 1024.0;
  const double mebibytes = static_cast<double>(n_bytes) / kMebi;
  return mebibytes < 1024 ? fmt::format("{:.1f} MiB", mebibytes) : fmt::format("{:.2f} GiB", mebibytes / 1024);
}

std::string count_text(std::int64_t n) {
  const auto value = static_cast<double>(n);
  if (value >= 1e9) {
    return fmt::format("{:.2f} billion", value / 1e9);
  }
  return value >= 1e6 ? fmt::format("{:.1f} million", value / 1e6) : fmt::format("{}", n);
}

std::string or_unknown(const std::optional<std::int64_t>& value) {
  return value ? fmt::format("{}", *value) : "not said by the file";
}

std::string heads_text(const CheckpointSummary& summary) {
  std::string text = or_unknown(summary.n_heads);
  if (summary.n_kv_heads && summary.n_kv_heads != summary.n_heads) {
    text += fmt::format(" ({} for keys and values)", *summary.n_kv_heads);
  }
  return text;
}

// How the model reads and writes text, as serving would find it.
struct TextFacts {
  std::string tokenizer;     // where it comes from; empty for the file's own, which the summary describes
  std::string no_tokenizer;  // why there is none
  std::int64_t n_tokens = 0;
  std::string chat_template;  // where it comes from; empty for none
};

TextFacts text_facts_of(const formats::Checkpoint& checkpoint, const CheckpointSummary& summary) {
  TextFacts facts;
  const bool own_vocabulary = checkpoint.convention == formats::Convention::kGguf && !summary.tokenizer.empty();
  if (!own_vocabulary) {
    const auto made = text::make_tokenizer_for(checkpoint);
    if (made) {
      facts.tokenizer = made->origin;
      facts.n_tokens = made->tokenizer->n_tokens();
    } else {
      facts.no_tokenizer = made.error().message;
    }
  }
  if (const auto found = text::find_chat_template(checkpoint); found && *found) {
    facts.chat_template = (*found)->origin;
  }
  return facts;
}

std::string tokenizer_text(const CheckpointSummary& summary, const TextFacts& facts) {
  if (!facts.no_tokenizer.empty()) {
    return "none: " + facts.no_tokenizer;
  }
  if (!facts.tokenizer.empty()) {
    return fmt::format("{}, {} tokens", facts.tokenizer, facts.n_tokens);
  }
  std::string text = summary.tokenizer;
  if (!summary.pre_tokenizer.empty()) {
    text += fmt::format(", pre-tokenizer {}", summary.pre_tokenizer);
  }
  return text + fmt::format(", {} tokens", or_unknown(summary.vocab_size));
}

std::vector<std::pair<std::string, std::string>> rows_of(const CheckpointSummary& summary, const TextFacts& facts) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (!summary.name.empty()) {
    rows.emplace_back("name", summary.name);
  }
  rows.emplace_back(
      "format", fmt::format("{}, {} file(s), {}", summary.container, summary.n_files, bytes_text(summary.file_bytes)));
  if (summary.kind != "model") {
    rows.emplace_back("kind", summary.kind);
  }
  rows.emplace_back("architecture", summary.architecture.empty() ? "not said by the file" : summary.architecture);
  if (!summary.quantization.empty()) {
    rows.emplace_back("quantization", summary.quantization);
  }
  rows.emplace_back("parameters", count_text(summary.n_parameters));
  rows.emplace_back("context", or_unknown(summary.context_length));
  rows.emplace_back("layers", or_unknown(summary.n_layers));
  rows.emplace_back("hidden", or_unknown(summary.hidden_dim));
  rows.emplace_back("feed-forward", or_unknown(summary.ffn_dim));
  rows.emplace_back("heads", heads_text(summary));
  if (summary.n_experts) {
    rows.emplace_back("experts", fmt::format("{}", *summary.n_experts));
  }
  rows.emplace_back("tokenizer", tokenizer_text(summary, facts));
  rows.emplace_back("chat template", facts.chat_template.empty() ? "none" : facts.chat_template);
  for (const formats::EncodingCount& count : summary.encodings) {
    rows.emplace_back(count.type == summary.encodings.front().type ? "encodings" : "",
                      fmt::format("{:<6} {:>5} tensors, {}", quant::info(count.type).name, count.n_tensors,
                                  bytes_text(count.n_bytes)));
  }
  return rows;
}

Json optional_json(const std::optional<std::int64_t>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const CheckpointSummary& summary, const TextFacts& facts) {
  Json encodings = Json::array();
  for (const formats::EncodingCount& count : summary.encodings) {
    encodings.push_back(
        {{"type", quant::info(count.type).name}, {"tensors", count.n_tensors}, {"bytes", count.n_bytes}});
  }
  return {{"container", summary.container},
          {"kind", summary.kind},
          {"architecture", summary.architecture},
          {"name", summary.name},
          {"quantization", summary.quantization},
          {"parameters", summary.n_parameters},
          {"tensors", summary.n_tensors},
          {"files", summary.n_files},
          {"file_bytes", summary.file_bytes},
          {"context_length", optional_json(summary.context_length)},
          {"layers", optional_json(summary.n_layers)},
          {"hidden_dim", optional_json(summary.hidden_dim)},
          {"ffn_dim", optional_json(summary.ffn_dim)},
          {"heads", optional_json(summary.n_heads)},
          {"kv_heads", optional_json(summary.n_kv_heads)},
          {"experts", optional_json(summary.n_experts)},
          {"vocab_size", optional_json(summary.vocab_size)},
          {"tokenizer", facts.tokenizer.empty() && facts.no_tokenizer.empty() ? summary.tokenizer : facts.tokenizer},
          {"pre_tokenizer", summary.pre_tokenizer},
          {"chat_template", !facts.chat_template.empty()},
          {"encodings", encodings}};
}

}  // namespace

int run_show(const ShowOptions& options) {
  const auto path = locate_model(options.model);
  if (!path) {
    return report_failure(path.error());
  }
  const auto checkpoint = formats::open_checkpoint(*path);
  if (!checkpoint) {
    return report_failure(checkpoint.error());
  }
  const CheckpointSummary summary = formats::describe(*checkpoint);
  const TextFacts facts = text_facts_of(*checkpoint, summary);
  if (options.json) {
    std::fputs((base::dump_json(json_of(summary, facts), 2) + "\n").c_str(), stdout);
    return kExitDone;
  }
  fmt::print("{}\n", path->filename().string());
  for (const auto& [label, text] : rows_of(summary, facts)) {
    fmt::print("  {:<14} {}\n", label, text);
  }
  return kExitDone;
}

}  // namespace hearth::app
