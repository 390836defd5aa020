#include "text/end_of_generation.h"

#include <algorithm>
#include <string_view>

namespace hearth::text {
namespace {

// In order of preference: a vocabulary that has several uses the first as its end of turn.
constexpr std::string_view kEndOfTurn[] = {
    "<|eot_id|>",             // Llama 3
    "<|im_end|>",             // ChatML
    "<end_of_turn>",          // Gemma
    "<turn|>",                // Gemma 4
    "<|end|>",                // Phi 3
    "<|END_OF_TURN_TOKEN|>",  // Command R
    "[EOT]",                  // Kimi K2
    "<end_of_utterance>",     // SmolVLM
    "<EOT>",
    "_<EOT>",
    "<|endoftext|>",          // GPT-2 and many
    "<|end_of_text|>",        // Llama 3 base, Granite
    "<｜end▁of▁sentence｜>",  // DeepSeek
};

// These end a reply as well but are no end of turn.
constexpr std::string_view kOtherEnds[] = {
    "<|return|>", "<|call|>",  // gpt-oss
    "<|flush|>",  "<|calls|>", "<|eom_id|>", "[EOS]", "<eos>", "[e~[",
};

// In gpt-oss "<|end|>" only closes one message of several; these words are text between them.
constexpr std::string_view kHarmonyMarks[] = {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"};

void add(SpecialTokens& special, TokenId id) {
  auto& ids = special.end_of_generation;
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place == ids.end() || *place != id) ids.insert(place, id);
}

bool is_harmony(const Vocabulary& vocabulary) {
  return (vocabulary.find("<|return|>") && vocabulary.find("<|call|>")) ||
         (vocabulary.find("<|calls|>") && vocabulary.find("<|flush|>"));
}

}  // namespace

void find_end_of_generation(Vocabulary& vocabulary, SpecialTokens& special) {
  const bool harmony = is_harmony(vocabulary);
  for (const std::string_view name : kEndOfTurn) {
    const auto id = vocabulary.find(name);
    if (!id) continue;
    if (harmony && name == "<|end|>") {
      vocabulary.set_kind(*id, TokenKind::kUserDefined);
      continue;
    }
    vocabulary.set_kind(*id, TokenKind::kControl);
    if (!special.eot) special.eot = id;
    add(special, *id);
  }
  for (const std::string_view name : kOtherEnds) {
    if (const auto id = vocabulary.find(name)) {
      vocabulary.set_kind(*id, TokenKind::kControl);
      add(special, *id);
    }
  }
  if (harmony) {
    for (const std::string_view name : kHarmonyMarks) {
      if (const auto id = vocabulary.find(name)) vocabulary.set_kind(*id, TokenKind::kUserDefined);
    }
  }
  if (!special.eom) special.eom = vocabulary.find("<|eom_id|>");
  for (const auto& id : {special.eos, special.eot, special.eom}) {
    if (id) add(special, *id);
  }
}

}  // namespace hearth::text
