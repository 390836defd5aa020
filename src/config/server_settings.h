// ServerSettings: everything `hearth serve` can be told, as a plain struct and one table of flags.
//
// app builds its command line from the table, and the environment is read through it: HEARTH_MODELS_PATH, or LocalAI's
// names LOCALAI_MODELS_PATH and MODELS_PATH. A flag wins over the environment. The documentation of flags is made from
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace hearth::config {

// host:port; ":8080" listens on every interface (LocalAI's meaning), "8080" on loopback.
struct ListenAddress {
  std::string host = "127.0.0.1";  // without the brackets of an IPv6 address
  int port = 8080;                 // 0: any free one
};

// "80%" of the machine's memory, or bytes ("6GiB").
struct MemoryLimit {
  std::optional<double> fraction = 0.8;
  std::uint64_t bytes = 0;  // used when there is no fraction
};

struct ServerSettings {
  std::string models_path = "models";
  ListenAddress address;
  std::vector<std::string> preload;
  std::optional<std::int64_t> context_size;  // -1: what each model was trained with
  std::int64_t threads = 0;                  // 0: as many as physical cores
  std::vector<std::string> api_keys;
  MemoryLimit max_memory;
  std::uint64_t kv_cache_bytes = 0;  // 0: what max_memory leaves
  std::string kv_cache_type = "f16";
  std::int64_t max_queued = 256;
  bool strict_models = false;
  bool strict_params = false;
  bool autoload_galleries = true;
  std::string models_config_file;
  bool cors = false;
  std::vector<std::string> cors_allow_origins;
  std::uint64_t upload_limit_bytes = std::uint64_t{15} << 20;
  std::string tls_certificate, tls_key;
  bool opaque_errors = false;
  bool disable_metrics = false;
  std::int64_t drain_seconds = 30;
  std::string log_level = "info";
};

struct Setting {
  using Target = std::variant<std::monostate, std::string* (*)(ServerSettings&), std::int64_t* (*)(ServerSettings&),
                              std::optional<std::int64_t>* (*)(ServerSettings&), std::uint64_t* (*)(ServerSettings&),
                              bool* (*)(ServerSettings&), std::vector<std::string>* (*)(ServerSettings&),
                              ListenAddress* (*)(ServerSettings&), MemoryLimit* (*)(ServerSettings&)>;
  std::string_view flag;      // "models-path", without the dashes
  std::string_view other;     // a second name that LocalAI uses, or empty
  std::string_view fallback;  // the default, in words
  std::string_view meaning;
  Target target;                  // none: accepted because LocalAI has it, without a use here
  std::string_view choices = {};  // "f16|f32|q8_0", or empty
  std::int64_t smallest = 0;      // of a number

  bool is_switch() const { return std::holds_alternative<bool* (*)(ServerSettings&)>(target); }
  bool is_list() const { return std::holds_alternative<std::vector<std::string>* (*)(ServerSettings&)>(target); }
};

std::span<const Setting> server_settings();

// The row of a flag or of its second name; null when there is none.
const Setting* find_setting(std::string_view flag);

// Sets one setting from its text. A list replaces what was there; its items are separated by commas. A switch takes
// true/false/1/0/yes/no/on/off, and "" as true. invalid_argument names the flag, what it takes and what it got.
Status apply_setting(ServerSettings& settings, const Setting& setting, std::string_view text);

// All settings that the environment names; `get` is std::getenv outside tests. Returns the flags without a use that
// were set.
Result<std::vector<std::string>> apply_environment(ServerSettings& settings,
                                                   const std::function<const char*(const char*)>& get);

// "6GiB", "500MB", "1048576" -> bytes. Shared with other commands' flags.
Result<std::uint64_t> parse_bytes(std::string_view text);
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace hearth::config
