#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace hearth::base {
namespace {

// Stands between the parser and the handler, so that the limits hold before anything is built.
class LimitedSax final : public nlohmann::json_sax<Json> {
 public:
  LimitedSax(JsonEvents& events, int max_depth) : events_(events), max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string& /*text*/) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) override { return refuse("binary values are not JSON"); }
  bool start_object(std::size_t /*n*/) override { return open(true); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*n*/) override { return open(false); }
  bool end_array() override { return close(); }

  bool key(std::string& value) override {
    if (!keys_.back().insert(value).second) {
      return refuse(fmt::format("the key \"{}\" appears twice in one object", value));
    }
    return take(events_.key(std::move(value)));
  }

  bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception& e) override {
    error_offset = position;
    const std::string_view what = e.what();
    const auto detail = what.rfind("; ");
    error = fmt::format("is not valid JSON{}", detail == std::string_view::npos ? "" : what.substr(detail));
    return false;
  }

  std::string error;
  std::size_t error_offset = 0;
  std::optional<Error> handler_error;

 private:
  bool refuse(std::string message) {
    error = std::move(message);
    return false;
  }

  bool take(Status status) {
    if (!status) {
      handler_error = std::move(status).error();
      return false;
    }
    return true;
  }

  template <typename T>
  bool add(T&& value) {
    return take(events_.scalar(Json(std::forward<T>(value))));
  }

  bool open(bool is_object) {
    if (static_cast<int>(keys_.size()) >= max_depth_) {
      return refuse(fmt::format("is nested deeper than {} levels", max_depth_));
    }
    keys_.emplace_back();
    return take(events_.begin(is_object));
  }

  bool close() {
    keys_.pop_back();
    return take(events_.end());
  }

  JsonEvents& events_;
  int max_depth_;
  std::vector<std::unordered_set<std::string>> keys_;  // of every object or array that is open
};

class DocumentBuilder final : public JsonEvents {
 public:
  Status begin(bool is_object) override {
    stack_.push_back(place(is_object ? Json::object() : Json::array()));
    return {};
  }
  Status key(std::string&& key) override {
    key_ = std::move(key);
    return {};
  }
  Status scalar(Json&& value) override {
    place(std::move(value));
    return {};
  }
  Status end() override {
    stack_.pop_back();
    return {};
  }

  Json document;

 private:
  Json* place(Json&& value) {
    if (stack_.empty()) {
      document = std::move(value);
      return &document;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // The ordered object looks for the key in all that it has; the parser has already done so, in constant time.
    auto& members = parent.get_ref<Json::object_t&>();
    members.push_back({std::move(key_), std::move(value)});
    return &members.back().second;
  }

  std::vector<Json*> stack_;
  std::string key_;
};

// nlohmann's position counts the bytes read, the offending one included; people want line and column.
std::string locate(std::string_view text, std::size_t n_read) {
  const auto before = text.substr(0, std::min(n_read - 1, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto newline = before.rfind('\n');
  const auto column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

Status parse_json_events(std::string_view text, JsonEvents& events, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the JSON text has {} bytes, more than the limit of {}", text.size(), limits.max_bytes));
  }
  LimitedSax sax(events, limits.max_depth);
  try {
    if (Json::sax_parse(text, &sax)) {
      return {};
    }
  } catch (const Json::exception& e) {
    sax.error = e.what();
  }
  if (sax.handler_error) {
    return std::unexpected(*std::move(sax.handler_error));
  }
  if (sax.error_offset == 0) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the JSON text {}", sax.error));
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: the JSON text {}", locate(text, sax.error_offset), sax.error));
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  DocumentBuilder builder;
  HEARTH_TRY_VOID(parse_json_events(text, builder, limits));
  return std::move(builder.document);
}

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hearth::base
