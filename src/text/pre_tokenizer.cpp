#include "text/pre_tokenizer.h"

#include <algorithm>
#include <array>

namespace hearth::text {
namespace {

// The patterns are those of the families' own tokenizer.json. English contractions are written once.
#define HEARTH_CONTRACTION "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define HEARTH_UPPER "\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}"
#define HEARTH_LOWER "\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}"
#define HEARTH_GPT2 "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
#define HEARTH_LINES_AND_SPACES "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define HEARTH_LLAMA3(digits)                                      \
  HEARTH_CONTRACTION "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits "| " \
                                                              "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" HEARTH_LINES_AND_SPACES
#define HEARTH_CASED_WORDS(suffix)                                                                              \
  "[^\\r\\n\\p{L}\\p{N}]?[" HEARTH_UPPER "]*[" HEARTH_LOWER "]+" suffix "|[^\\r\\n\\p{L}\\p{N}]?[" HEARTH_UPPER \
  "]+[" HEARTH_LOWER "]*" suffix
#define HEARTH_PUNCTUATED                                                                             \
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+" \
  "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" HEARTH_LINES_AND_SPACES

using Patterns = std::span<const std::string_view>;
using View = std::string_view;

constexpr View kDefault[] = {"[\\p{P}\\$\\+<=>\\^~\\|]+", HEARTH_GPT2, "\\p{N}+", "[0-9][0-9][0-9]"};
constexpr View kGpt2[] = {HEARTH_GPT2};
constexpr View kDigitThenGpt2[] = {"\\p{N}", HEARTH_GPT2};
constexpr View kLlama3[] = {HEARTH_LLAMA3("\\p{N}{1,3}")};
constexpr View kQwen2[] = {HEARTH_LLAMA3("\\p{N}")};
constexpr View kQwen35[] = {HEARTH_CONTRACTION
                            "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                            "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" HEARTH_LINES_AND_SPACES};
constexpr View kSeedCoder[] = {HEARTH_CONTRACTION
                               "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                               "| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" HEARTH_LINES_AND_SPACES};
constexpr View kBailing[] = {
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]"
    "|\\s+(?!\\S)|\\s+"};
constexpr View kExaoneMoe[] = {HEARTH_CONTRACTION
                               "|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}"
                               "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"};
constexpr View kMiniCpm5[] = {"\\p{N}{1,3}", HEARTH_LLAMA3("\\p{N}+")};
constexpr View kLaguna[] = {"[^\\n]+|[\\n]+", HEARTH_LLAMA3("\\p{N}")};
constexpr View kTekken[] = {HEARTH_CASED_WORDS("") "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" HEARTH_LINES_AND_SPACES};
constexpr View kGpt4o[] = {
    HEARTH_CASED_WORDS(HEARTH_CONTRACTION "?") "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" HEARTH_LINES_AND_SPACES};
constexpr View kTinyAya[] = {"\\d{1,3}(?=(?:\\d{3})*\\b)", kGpt4o[0]};
constexpr View kDeepSeekLlm[] = {
    "[\\r\\n]",
    "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼι"
    "ῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲"
    "𑢠-𑣟𞤀-𞥃]+",
    "\\s?[!-/:-~！-／：-～‘-‟　-。]+",
    "\\s+$",
    "[一-龥ࠀ-一가-퟿]+",
    "\\p{N}+"};
constexpr View kDeepSeekCoder[] = {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+", "\\p{N}"};
constexpr View kDeepSeek3[] = {"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", HEARTH_PUNCTUATED};
constexpr View kYoutu[] = {
    "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+",
    HEARTH_CASED_WORDS(HEARTH_CONTRACTION "?") "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" HEARTH_LINES_AND_SPACES};
constexpr View kFalcon[] = {"[\\p{P}\\$\\+<=>\\^~\\|`]+", HEARTH_GPT2, "[0-9][0-9][0-9]"};
constexpr View kBloom[] = {" ?[^(\\s|.,!?…。，、।۔،)]+"};
constexpr View kViking[] = {kBloom[0], "\\p{N}"};
constexpr View kChameleon[] = {"<sentinel:[0-9]+>",      "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
                               "([\\t\\n]|    |  )",     "\\p{N}",
                               "[\\p{P}!-/:-@\\[-`{-~]", HEARTH_GPT2};
constexpr View kJais2[] = {
    HEARTH_CONTRACTION
    "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s{512}(?!\\S)"
    "|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)|\\s{4}(?!\\S)"
    "|\\s{1,2}(?!\\S)|\\s{1}"};
constexpr View kKimiK2[] = {"\\p{Han}+", "[^\\r\\n\\p{L}\\p{N}]?[" HEARTH_UPPER "&&[^\\p{Han}]]*[" HEARTH_LOWER
                                         "&&[^\\p{Han}]]+" HEARTH_CONTRACTION "?|[^\\r\\n\\p{L}\\p{N}]?[" HEARTH_UPPER
                                         "&&[^\\p{Han}]]+[" HEARTH_LOWER "&&[^\\p{Han}]]*" HEARTH_CONTRACTION
                                         "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" HEARTH_LINES_AND_SPACES};
constexpr View kSuperBpe[] = {"\\p{N}+", "(?=(\\d{3})+(?!\\d))"};
// The whole text is one word, but no merge crosses a line.
constexpr View kLines[] = {"[^\\n]+|[\\n]+"};

struct Row {
  View ids;  // separated by spaces
  PreTokenizer pre_tokenizer;
};

constexpr std::array kRows = {
    Row{"default", {kDefault}},
    Row{"gpt-2 gpt2 phi-2 jina-es jina-de jina-v2-es jina-v2-de jina-v1-en jina-v2-code roberta-bpe gigachat a.x-4.0 "
        "mellum "
        "modern-bert mpt olmo olmo2 jais trillion granite-docling exaone4",
        {kGpt2}},
    Row{"starcoder refact command-r smollm codeshell exaone minerva-7b mellum2", {kDigitThenGpt2}},
    Row{"llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
        {.patterns = kLlama3, .ignore_merges = true, .add_bos = true}},
    Row{"dbrx smaug-bpe chatglm-bpe", {kLlama3}},
    Row{"glm4 glm5", {.patterns = kLlama3, .ignore_merges = true}},
    Row{"qwen2 qwen3 stablelm2 deepseek-r1-qwen kormo f2llmv2 megrez hunyuan solar-open grok-2", {kQwen2}},
    Row{"qwen35", {kQwen35}},
    Row{"seed-coder", {kSeedCoder}},
    Row{"bailingmoe bailingmoe2 llada-moe", {kBailing}},
    Row{"exaone-moe", {kExaoneMoe}},
    Row{"minicpm5", {.patterns = kMiniCpm5, .ignore_merges = true}},
    Row{"laguna", {kLaguna}},
    Row{"tekken", {.patterns = kTekken, .ignore_merges = true, .add_bos = true}},
    Row{"gpt-4o llama4 kanana2 talkie minimax-m2", {kGpt4o}},
    Row{"granite-embed-multi-97m", {.patterns = kGpt4o, .ignore_merges = true}},
    Row{"tiny_aya cohere2moe", {kTinyAya}},
    Row{"deepseek-llm", {kDeepSeekLlm}},
    Row{"deepseek-coder", {kDeepSeekCoder}},
    Row{"deepseek-v3 hunyuan-dense joyai-llm hy_v4", {kDeepSeek3}},
    Row{"youtu", {.patterns = kYoutu, .ignore_merges = true}},
    Row{"falcon", {kFalcon}},
    Row{"bloom poro-chat gpt3-finnish", {kBloom}},
    Row{"viking", {kViking}},
    Row{"chameleon", {.patterns = kChameleon, .add_bos = true}},
    Row{"jais-2", {kJais2}},
    Row{"kimi-k2", {kKimiK2}},
    Row{"superbpe", {kSuperBpe}},
    Row{"gemma4 granite-embed-multi-311m", {.patterns = kLines, .byte_level = false, .add_bos = true}},
    Row{"sarvam-moe", {.patterns = kLines, .byte_level = false}},
};

bool lists(View ids, View id) {
  while (!ids.empty()) {
    const std::size_t end = std::min(ids.find(' '), ids.size());
    if (ids.substr(0, end) == id) return true;
    ids.remove_prefix(std::min(end + 1, ids.size()));
  }
  return false;
}

}  // namespace

PreTokenizer pre_tokenizer_for(std::string_view id) {
  if (id.empty()) id = "default";
  for (const Row& row : kRows) {
    if (lists(row.ids, id)) return row.pre_tokenizer;
  }
  PreTokenizer fallback = kRows.front().pre_tokenizer;
  fallback.known = false;
  return fallback;
}

}  // namespace hearth::text
