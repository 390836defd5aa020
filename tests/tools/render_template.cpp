// hearth_render_template TEMPLATE: renders the conversations on stdin, a JSON object as in
// tests/golden/chat_templates/*/cases.json, and prints a JSON list of {"text": …} or {"error": …}.
// tests/e2e/test_real_chat_templates.py compares them with what jinja2 renders.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "base/json.h"
#include "text/chat_template.h"

namespace {

using hearth::Json;
using hearth::Result;

Result<Json> run(const char* path, const std::string& input) {
  HEARTH_TRY(const Json file, hearth::base::parse_json(input));
  std::ifstream source(path, std::ios::binary);
  const std::int64_t seconds = file.at("unix_seconds");
  HEARTH_TRY(const auto chat,
             hearth::text::ChatTemplate::compile({std::istreambuf_iterator<char>(source), {}},
                                                 {file.at("bos_token"), file.at("eos_token")},
                                                 [&] { return std::chrono::system_clock::from_time_t(seconds); }));
  Json results = Json::array();
  for (const Json& c : file.at("cases")) {
    const auto text = chat.render(c.at("messages"), c.value("tools", Json()), c.value("kwargs", Json()),
                                  c.at("add_generation_prompt"));
    results.push_back(text ? Json{{"text", *text}} : Json{{"error", text.error().message}});
  }
  return results;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s TEMPLATE < CASES\n", argv[0]);
    return 2;
  }
  const auto results = run(argv[1], {std::istreambuf_iterator<char>(std::cin), {}});
  if (!results) {
    std::fprintf(stderr, "%s: %s\n", argv[1], results.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", hearth::base::dump_json(*results).c_str());
  return 0;
}
