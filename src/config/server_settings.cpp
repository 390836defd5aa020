#include "config/server_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "config/scalar_text.h"

namespace hearth::config {
namespace {

std::unexpected<Error> wrong(const Setting& setting, std::string_view expected, std::string_view got) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("--{} takes {}, got '{}'", setting.flag, expected, got),
              std::string(setting.flag));
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, end);
    while (!item.empty() && std::isspace(static_cast<unsigned char>(item.front())) != 0) item.remove_prefix(1);
    while (!item.empty() && std::isspace(static_cast<unsigned char>(item.back())) != 0) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

bool is_choice(std::string_view choices, std::string_view text) {
  for (std::size_t begin = 0; begin <= choices.size();) {
    const std::size_t end = std::min(choices.find('|', begin), choices.size());
    if (choices.substr(begin, end - begin) == text) return true;
    begin = end + 1;
  }
  return false;
}

// Sets one member from its text; one overload per kind of member.
struct Store {
  ServerSettings& settings;
  const Setting& setting;
  std::string_view text;

  Status operator()(std::monostate) const { return {}; }
  Status operator()(std::string* (*target)(ServerSettings&)) const {
    if (!setting.choices.empty() && !is_choice(setting.choices, text)) {
      return wrong(setting, fmt::format("one of {}", setting.choices), text);
    }
    *target(settings) = text;
    return {};
  }
  Status operator()(std::int64_t* (*target)(ServerSettings&)) const {
    const auto value = to_integer(text);
    if (!value || *value < setting.smallest)
      return wrong(setting, fmt::format("a whole number from {}", setting.smallest), text);
    *target(settings) = *value;
    return {};
  }
  Status operator()(std::optional<std::int64_t>* (*target)(ServerSettings&)) const {
    const auto value = to_integer(text);
    if (!value || *value < setting.smallest)
      return wrong(setting, fmt::format("a whole number from {}", setting.smallest), text);
    *target(settings) = *value;
    return {};
  }
  Status operator()(std::uint64_t* (*target)(ServerSettings&)) const {
    const auto value = parse_bytes(text);
    if (!value) return wrong(setting, "a size such as 6GiB", text);
    *target(settings) = *value;
    return {};
  }
  Status operator()(bool* (*target)(ServerSettings&)) const {
    const auto value = text.empty() ? std::optional(true) : to_flag(text);
    if (!value) return wrong(setting, "true or false", text);
    *target(settings) = *value;
    return {};
  }
  Status operator()(std::vector<std::string>* (*target)(ServerSettings&)) const {
    *target(settings) = split_list(text);
    return {};
  }
  Status operator()(ListenAddress* (*target)(ServerSettings&)) const {
    const auto value = parse_listen_address(text);
    if (!value) return wrong(setting, "HOST:PORT", text);
    *target(settings) = *value;
    return {};
  }
  Status operator()(MemoryLimit* (*target)(ServerSettings&)) const {
    if (text.ends_with('%')) {
      const auto percent = to_number(text.substr(0, text.size() - 1));
      if (!percent || *percent <= 0 || *percent > 100) return wrong(setting, "a share from 1% to 100%", text);
      *target(settings) = {.fraction = *percent / 100.0};
      return {};
    }
    const auto value = parse_bytes(text);
    if (!value || *value == 0) return wrong(setting, "a share such as 80% or a size such as 6GiB", text);
    *target(settings) = {.fraction = std::nullopt, .bytes = *value};
    return {};
  }
};

// "models-path" -> "MODELS_PATH"
std::string environment_name(std::string_view flag) {
  std::string name(flag);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return name;
}

}  // namespace

const Setting* find_setting(std::string_view flag) {
  const auto rows = server_settings();
  const auto found = std::ranges::find_if(
      rows, [&](const Setting& row) { return row.flag == flag || (!flag.empty() && row.other == flag); });
  return found == rows.end() ? nullptr : &*found;
}

Status apply_setting(ServerSettings& settings, const Setting& setting, std::string_view text) {
  return std::visit(Store{settings, setting, text}, setting.target);
}

Result<std::vector<std::string>> apply_environment(ServerSettings& settings,
                                                   const std::function<const char*(const char*)>& get) {
  std::vector<std::string> unused;
  for (const Setting& row : server_settings()) {
    std::vector<std::string> names;  // in order of rank
    for (const std::string_view prefix : {"HEARTH_", "LOCALAI_", ""}) {
      names.push_back(std::string(prefix) + environment_name(row.flag));
      if (!row.other.empty()) names.push_back(std::string(prefix) + environment_name(row.other));
    }
    for (const std::string& name : names) {
      const char* value = get(name.c_str());
      if (value == nullptr || *value == '\0') continue;
      if (std::holds_alternative<std::monostate>(row.target)) {
        unused.push_back(name);
      } else if (const Status status = apply_setting(settings, row, value); !status) {
        return base::fail_at(name, status.error());
      }
      break;
    }
  }
  return unused;
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::ranges::transform(unit, unit.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::pair<std::string_view, double> kUnits[] = {{"", 1},
                                                                   {"b", 1},
                                                                   {"k", 1024.},
                                                                   {"kb", 1e3},
                                                                   {"kib", 1024.},
                                                                   {"m", 1048576.},
                                                                   {"mb", 1e6},
                                                                   {"mib", 1048576.},
                                                                   {"g", 1073741824.},
                                                                   {"gb", 1e9},
                                                                   {"gib", 1073741824.},
                                                                   {"t", 1099511627776.},
                                                                   {"tb", 1e12},
                                                                   {"tib", 1099511627776.}};
  const auto found = std::ranges::find(kUnits, std::string_view(unit), &std::pair<std::string_view, double>::first);
  constexpr double kMost = 1e18;
  if (error != std::errc{} || found == std::end(kUnits) || !(number >= 0) || number * found->second > kMost) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a size: write bytes, or such as 6GiB", text));
  }
  return static_cast<std::uint64_t>(std::llround(number * found->second));
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress address;
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an address: write HOST:PORT", text));
  };
  std::string_view host, port = text;
  if (const auto colon = text.rfind(':');
      colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    address.host = host.empty() ? "0.0.0.0" : std::string(host);
    if (host.find(':') != std::string_view::npos && !host.starts_with('[')) return refuse();  // a bare IPv6 address
  } else if (text.find_first_not_of("0123456789") != std::string_view::npos) {
    address.host = text;  // a host alone keeps the usual port
    port = "8080";
  }
  if (address.host.starts_with('[')) {
    if (!address.host.ends_with(']') || address.host.size() < 4) return refuse();
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size() || address.port < 0 ||
      address.port > 65535 || address.host.empty()) {
    return refuse();
  }
  return address;
}

}  // namespace hearth::config
