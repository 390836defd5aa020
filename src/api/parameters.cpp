#include "api/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "api/json_values.h"
#include "api/parameter_values.h"

namespace hearth::api {
namespace {

constexpr unsigned kChat = static_cast<unsigned>(Endpoint::kChat);
constexpr unsigned kText = static_cast<unsigned>(Endpoint::kCompletions);
constexpr unsigned kEdit = static_cast<unsigned>(Endpoint::kEdits);
constexpr unsigned kAll = kChat | kText | kEdit;
constexpr std::int64_t kMaxInt = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMinInt = std::numeric_limits<std::int64_t>::min();

// A reference to a member, as a plain function.
template <auto Member>
auto& field(GenerationFields& fields) {
  return fields.*Member;
}
template <auto Member>
auto& sampling(GenerationFields& fields) {
  return fields.sampling.*Member;
}

using F = GenerationFields;
using S = backends::SamplingChoice;

template <Json F::* Member>
Parsed<void> keep_json(const Json& value, GenerationFields& fields) {
  fields.*Member = value;
  return {};
}

std::vector<Parameter> prompt_rows() {
  return {
      {"model", kAll, TextRule{field<&F::model>}},
      {"messages", kChat, CustomRule{keep_json<&F::messages>}},
      {"prompt", kText, CustomRule{keep_json<&F::prompt>}},
      {"instruction", kEdit, CustomRule{keep_json<&F::instruction>}},
      {"input", kEdit, CustomRule{keep_json<&F::input>}},
  };
}

std::vector<Parameter> sampling_rows() {
  return {
      {"temperature", kAll, NumberRule{sampling<&S::temperature>, 0, 2}},
      {"top_p", kAll, NumberRule{sampling<&S::top_p>, 0, 1}},
      {"top_k", kAll, IntegerRule{sampling<&S::top_k>, -1, kMaxInt}},
      {"min_p", kAll, NumberRule{sampling<&S::min_p>, 0, 1}},
      {"presence_penalty", kAll, NumberRule{sampling<&S::presence_penalty>, -2, 2}},
      {"frequency_penalty", kAll, NumberRule{sampling<&S::frequency_penalty>, -2, 2}},
      {"repeat_penalty", kAll, NumberRule{sampling<&S::repeat_penalty>, 0, 10}},
      {"repetition_penalty", kAll, NumberRule{sampling<&S::repeat_penalty>, 0, 10}},
      {"rep_pen", kAll, NumberRule{sampling<&S::repeat_penalty>, 0, 10}},
      {"repeat_last_n", kAll, IntegerRule{sampling<&S::repeat_last_n>, -1, kMaxInt}},
      {"penalty_range", kAll, IntegerRule{sampling<&S::repeat_last_n>, -1, kMaxInt}},
      {"logit_bias", kChat | kText, CustomRule{read_logit_bias}},
      {"seed", kAll, IntegerRule{sampling<&S::seed>, kMinInt, kMaxInt}},
      {"ignore_eos", kAll, FlagRule{sampling<&S::ignore_eos>}},
      {"ban_eos_token", kAll, FlagRule{sampling<&S::ignore_eos>}},
  };
}

std::vector<Parameter> reply_rows() {
  return {
      {"max_tokens", kChat | kEdit, IntegerRule{field<&F::max_tokens>, 1, kMaxInt}},
      {"max_tokens", kText, IntegerRule{field<&F::max_tokens>, 0, kMaxInt}},
      {"n_predict", kAll, IntegerRule{field<&F::max_tokens>, 1, kMaxInt}},
      {"max_completion_tokens", kAll, IntegerRule{field<&F::max_completion_tokens>, 1, kMaxInt}},
      {"n", kChat | kText, IntegerRule{field<&F::n>, 1, 128}},
      {"n", kEdit, IntegerRule{field<&F::n>, 1, 20}},
      {"stop", kAll, CustomRule{read_stop}},
      {"stream", kChat | kText, FlagRule{field<&F::stream>}},
      {"stream", kEdit, UnsupportedRule{{"false"}}},
      {"stream_options", kChat | kText, CustomRule{read_stream_options}},
      {"logprobs", kChat, FlagRule{field<&F::logprobs>}},
      {"logprobs", kText, CustomRule{read_completion_logprobs}},
      {"top_logprobs", kChat, IntegerRule{field<&F::top_logprobs>, 0, 20}},
      {"echo", kText, FlagRule{field<&F::echo>}},
      {"echo", kChat | kEdit, UnsupportedRule{{"false"}}},
      {"best_of", kText, IntegerRule{field<&F::best_of>, 0, 20}},
      {"suffix", kText, UnsupportedRule{{"\"\""}}},
  };
}

std::vector<Parameter> template_rows() {
  return {
      {"reasoning_effort", kChat,
       TextRule{field<&F::reasoning_effort>, {"none", "minimal", "low", "medium", "high", "xhigh", "max"}}},
      {"chat_template_kwargs", kChat, CustomRule{read_template_kwargs}},
      {"template_vars", kChat, CustomRule{read_template_kwargs}},
      {"response_format", kChat | kText, CustomRule{read_response_format}},
      {"tools", kChat, CustomRule{read_tools}},
      {"tool_choice", kChat, CustomRule{read_tool_choice}},
      {"parallel_tool_calls", kChat, AcceptedRule{}},
      {"functions", kChat, UnsupportedRule{{"[]"}}},
      {"function_call", kChat, UnsupportedRule{{"\"none\"", "\"auto\""}}},
      {"modalities", kChat, UnsupportedRule{{"[\"text\"]"}}},
      {"audio", kChat, UnsupportedRule{}},
      {"web_search_options", kChat, UnsupportedRule{}},
      {"cache_salt", kAll, TextRule{field<&F::cache_salt>}},
  };
}

std::vector<Parameter> accepted_rows() {
  return {
      {"user", kAll, AcceptedRule{}},
      {"metadata", kAll, AcceptedRule{}},
      {"store", kAll, AcceptedRule{}},
      {"service_tier", kAll, AcceptedRule{}},
      {"safety_identifier", kAll, AcceptedRule{}},
      {"prompt_cache_key", kAll, AcceptedRule{}},
      {"prompt_cache_retention", kAll, AcceptedRule{}},
      {"prompt_cache_options", kAll, AcceptedRule{}},
      {"cache_prompt", kAll, AcceptedRule{}},
      {"verbosity", kChat, AcceptedRule{}},
      {"prediction", kChat, AcceptedRule{}},
      {"n_keep", kAll, AcceptedRule{}},
      {"batch", kAll, AcceptedRule{}},
      {"language", kAll, AcceptedRule{}},
  };
}

std::vector<Parameter> unsupported_rows() {
  return {
      {"typical_p", kAll, UnsupportedRule{{"0", "1"}}},
      {"typical", kAll, UnsupportedRule{{"0", "1"}}},
      {"tfz", kAll, UnsupportedRule{{"0", "1"}}},
      {"top_n_sigma", kAll, UnsupportedRule{{"-1", "0"}}},
      {"xtc_probability", kAll, UnsupportedRule{{"0"}}},
      {"xtc_threshold", kAll, AcceptedRule{}},
      {"dry_multiplier", kAll, UnsupportedRule{{"0"}}},
      {"dry_base", kAll, AcceptedRule{}},
      {"dry_allowed_length", kAll, AcceptedRule{}},
      {"dry_penalty_last_n", kAll, AcceptedRule{}},
      {"dry_sequence_breakers", kAll, AcceptedRule{}},
      {"mirostat", kAll, UnsupportedRule{{"0"}}},
      {"mirostat_tau", kAll, AcceptedRule{}},
      {"mirostat_eta", kAll, AcceptedRule{}},
      {"dynatemp_range", kAll, UnsupportedRule{{"0"}}},
      {"dynatemp_exponent", kAll, AcceptedRule{}},
      {"samplers", kAll, UnsupportedRule{{"[]"}}},
      {"min_keep", kAll, UnsupportedRule{{"0", "1"}}},
      {"min_tokens", kAll, UnsupportedRule{{"0"}}},
      {"stop_token_ids", kAll, UnsupportedRule{{"[]"}}},
      {"bad_words", kAll, UnsupportedRule{{"[]"}}},
      {"allowed_token_ids", kAll, UnsupportedRule{{"[]"}}},
      {"include_stop_str_in_output", kAll, UnsupportedRule{{"false"}}},
      {"skip_special_tokens", kAll, UnsupportedRule{{"true"}}},
      {"add_special_tokens", kAll, UnsupportedRule{{"true"}}},
      {"prompt_logprobs", kAll, UnsupportedRule{}},
      {"return_progress", kAll, UnsupportedRule{{"false"}}},
      {"return_tokens", kAll, UnsupportedRule{{"false"}}},
      {"return_token_ids", kAll, UnsupportedRule{{"false"}}},
      {"truncate_prompt_tokens", kAll, UnsupportedRule{}},
      {"post_sampling_probs", kAll, UnsupportedRule{{"false"}}},
      {"grammar", kAll, UnsupportedRule{{"\"\""}}},
      {"json_schema", kAll, UnsupportedRule{}},
      {"structured_outputs", kAll, UnsupportedRule{}},
      {"guided_json", kAll, UnsupportedRule{}},
      {"guided_regex", kAll, UnsupportedRule{}},
      {"guided_choice", kAll, UnsupportedRule{}},
      {"guided_grammar", kAll, UnsupportedRule{}},
      {"lora", kAll, UnsupportedRule{{"[]"}}},
      {"chat_template", kChat, UnsupportedRule{}},
      {"add_generation_prompt", kChat, UnsupportedRule{{"true"}}},
      {"continue_final_message", kChat, UnsupportedRule{{"false"}}},
      {"documents", kChat, UnsupportedRule{{"[]"}}},
      {"negative_prompt", kAll, UnsupportedRule{{"\"\""}}},
      {"negative_prompt_scale", kAll, UnsupportedRule{{"0", "1"}}},
      {"rope_freq_base", kAll, UnsupportedRule{{"0"}}},
      {"rope_freq_scale", kAll, UnsupportedRule{{"0"}}},
      {"backend", kAll, UnsupportedRule{{"\"\""}}},
      {"model_base_name", kAll, UnsupportedRule{{"\"\""}}},
      {"tokenizer", kAll, UnsupportedRule{{"\"\""}}},
  };
}

std::vector<Parameter> all_rows() {
  std::vector<Parameter> all;
  for (const auto& rows :
       {prompt_rows(), sampling_rows(), reply_rows(), template_rows(), accepted_rows(), unsupported_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

struct ApplyRule {
  const std::string name;
  const Json& value;
  GenerationFields& fields;

  Parsed<void> operator()(const NumberRule& rule) const {
    const Parsed<double> number = read_number(value, name, rule.min, rule.max);
    if (!number) {
      return std::unexpected(number.error());
    }
    rule.field(fields) = *number;
    return {};
  }
  Parsed<void> operator()(const IntegerRule& rule) const {
    const Parsed<std::int64_t> number = read_integer(value, name, rule.min, rule.max);
    if (!number) {
      return std::unexpected(number.error());
    }
    rule.field(fields) = *number;
    return {};
  }
  Parsed<void> operator()(const FlagRule& rule) const {
    const Parsed<bool> flag = read_flag(value, name);
    if (!flag) {
      return std::unexpected(flag.error());
    }
    rule.field(fields) = *flag;
    return {};
  }
  Parsed<void> operator()(const TextRule& rule) const {
    const Parsed<std::string> text = read_text(value, name);
    if (!text) {
      return std::unexpected(text.error());
    }
    if (!rule.choices.empty() && std::ranges::find(rule.choices, *text) == rule.choices.end()) {
      return bad_choice(name, *text, rule.choices);
    }
    rule.field(fields) = *text;
    return {};
  }
  Parsed<void> operator()(const CustomRule& rule) const { return rule.parse(value, fields); }
  Parsed<void> operator()(const AcceptedRule&) const { return {}; }
  Parsed<void> operator()(const UnsupportedRule& rule) const {
    const bool asks_nothing =
        std::ranges::any_of(rule.off, [this](std::string_view off) { return value == Json::parse(off); });
    if (asks_nothing) {
      return {};
    }
    return reject(ErrorKind::kUnsupportedParameter,
                  fmt::format("Unsupported parameter: '{}' is not supported by this server.", name), name);
  }
};

// Rules between fields, which need all of them.
Parsed<void> check_together(const Json& body, const GenerationFields& fields) {
  const auto given = [&](const char* name) { return body.contains(name) && !body[name].is_null(); };
  if (given("stream_options") && !fields.stream.value_or(false)) {
    return reject(ErrorKind::kInvalidValue, "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                  "stream_options");
  }
  if (fields.top_logprobs && !fields.logprobs.value_or(false)) {
    return reject(ErrorKind::kInvalidValue, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
                  "top_logprobs");
  }
  for (const char* name : {"tool_choice", "parallel_tool_calls"}) {
    if (given(name) && !given("tools")) {
      return reject(ErrorKind::kInvalidValue,
                    fmt::format("Invalid value for '{}': '{}' is only allowed when 'tools' are specified.", name, name),
                    name);
    }
  }
  if (fields.best_of.value_or(0) > 1) {
    return reject(ErrorKind::kUnsupportedParameter, "Unsupported parameter: 'best_of' above 1 is not supported.",
                  "best_of");
  }
  return {};
}

}  // namespace

std::span<const Parameter> parameters() {
  static const std::vector<Parameter> kParameters = all_rows();
  return kParameters;
}

Parsed<GenerationFields> parse_parameters(const Json& body, Endpoint endpoint, bool strict) {
  GenerationFields fields;
  for (const auto& [name, value] : body.items()) {
    const auto row = std::ranges::find_if(parameters(), [&name, endpoint](const Parameter& parameter) {
      return parameter.name == name && (parameter.endpoints & static_cast<unsigned>(endpoint)) != 0;
    });
    if (row == parameters().end()) {
      if (strict) {
        return reject(ErrorKind::kBadRequest, fmt::format("Unrecognized request argument supplied: {}", name));
      }
      fields.ignored.push_back(name);
      continue;
    }
    if (value.is_null()) {
      continue;
    }
    if (const Parsed<void> applied = std::visit(ApplyRule{name, value, fields}, row->rule); !applied) {
      return std::unexpected(applied.error());
    }
  }
  if (const Parsed<void> checked = check_together(body, fields); !checked) {
    return std::unexpected(checked.error());
  }
  return fields;
}

}  // namespace hearth::api
