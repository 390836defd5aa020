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
#define HEARTH_LLAMA3(digits)                                 \
  HEARTH_CONTRACTION "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits \
                     "| "                                     \
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
    "\\s?[A-Za-z\\x{B5}\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{1BA}\\x{1BC}-\\x{1BF}\\x{1C4}-\\x{293}"
    "\\x{295}-\\x{2AF}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37B}-\\x{37D}\\x{37F}\\x{386}\\x{388}-\\x{38A}\\x{38C}"
    "\\x{38E}-\\x{3A1}\\x{3A3}-\\x{3F5}\\x{3F7}-\\x{481}\\x{48A}-\\x{52F}\\x{531}-\\x{556}\\x{10A0}-\\x{10C5}"
    "\\x{13A0}-\\x{13F5}\\x{13F8}-\\x{13FD}\\x{1C90}-\\x{1CBA}\\x{1CBD}-\\x{1CBF}\\x{1D00}-\\x{1D2B}"
    "\\x{1D6B}-\\x{1D77}\\x{1D79}-\\x{1D9A}\\x{1E00}-\\x{1F15}\\x{1F18}-\\x{1F1D}\\x{1F20}-\\x{1F45}"
    "\\x{1F48}-\\x{1F4D}\\x{1F50}-\\x{1F57}\\x{1F59}\\x{1F5B}\\x{1F5D}\\x{1F5F}-\\x{1F7D}\\x{1F80}-\\x{1FB4}"
    "\\x{1FB6}-\\x{1FBC}\\x{1FBE}\\x{1FC2}-\\x{1FC4}\\x{1FC6}-\\x{1FCC}\\x{1FD0}-\\x{1FD3}\\x{1FD6}-\\x{1FDB}"
    "\\x{1FE0}-\\x{1FEC}\\x{1FF2}-\\x{1FF4}\\x{1FF6}-\\x{1FFC}\\x{2102}\\x{2107}\\x{210A}-\\x{2113}\\x{2115}"
    "\\x{2119}-\\x{211D}\\x{2124}\\x{2126}\\x{2128}\\x{212A}-\\x{212D}\\x{212F}-\\x{2134}\\x{2139}"
    "\\x{213C}-\\x{213F}\\x{2145}-\\x{2149}\\x{214E}\\x{2183}\\x{2184}\\x{2C00}-\\x{2C7B}\\x{2C7E}-\\x{2CE4}"
    "\\x{2CEB}-\\x{2CEE}\\x{2CF2}\\x{2CF3}\\x{A640}-\\x{A66D}\\x{A680}-\\x{A69B}\\x{A722}-\\x{A76F}"
    "\\x{A771}-\\x{A787}\\x{A78B}-\\x{A78E}\\x{AB70}-\\x{ABBF}\\x{FB00}-\\x{FB06}\\x{FB13}-\\x{FB17}"
    "\\x{FF21}-\\x{FF3A}\\x{FF41}-\\x{FF5A}\\x{10400}-\\x{1044F}\\x{104B0}-\\x{104D3}\\x{104D8}-\\x{104FB}"
    "\\x{10C80}-\\x{10CB2}\\x{10CC0}-\\x{10CF2}\\x{118A0}-\\x{118DF}\\x{1E900}-\\x{1E943}]+",
    "\\s?[!-/:-~\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF5E}\\x{2018}-\\x{201F}\\x{3000}-\\x{3002}]+",
    "\\s+$",
    "[\\x{4E00}-\\x{9FA5}\\x{800}-\\x{4E00}\\x{AC00}-\\x{D7FF}]+",
    "\\p{N}+"};
constexpr View kDeepSeekCoder[] = {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+",
                                   "[\\x{4E00}-\\x{9FA5}\\x{800}-\\x{4E00}\\x{AC00}-\\x{D7FF}]+", "\\p{N}"};
constexpr View kDeepSeek3[] = {"\\p{N}{1,3}", "[\\x{4E00}-\\x{9FA5}\\x{3040}-\\x{309F}\\x{30A0}-\\x{30FF}]+",
                               HEARTH_PUNCTUATED};
constexpr View kYoutu[] = {
    "[\\x{AC00}-\\x{D7A3}\\x{3131}-\\x{318E}]+"
    "|[\\x{FF01}\\x{2026}\\x{201C}\\x{201D}\\x{2018}\\x{2019}\\x{2014}\\x{FF1A}\\x{FF1B}\\x{FF0C}\\x{3001}-\\x{303F}"
    "\\x{FE30}-\\x{FE4F}]+|[\\x{3105}-\\x{312F}]+|[\\x{4E00}-\\x{9FA5}\\x{3040}-\\x{309F}\\x{30A0}-\\x{30FF}]+",
    HEARTH_CASED_WORDS(HEARTH_CONTRACTION "?") "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" HEARTH_LINES_AND_SPACES};
constexpr View kFalcon[] = {"[\\p{P}\\$\\+<=>\\^~\\|`]+", HEARTH_GPT2, "[0-9][0-9][0-9]"};
constexpr View kBloom[] = {" ?[^(\\s|.,!?\\x{2026}\\x{3002}\\x{FF0C}\\x{3001}\\x{964}\\x{6D4}\\x{60C})]+"};
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
