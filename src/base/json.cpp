#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace hearth::base {
namespace {

// Builds the document from parser events, so that limits hold before anything is built.
class LimitedSax final : public nlohmann::json_sax<Json> {
 public:
  explicit LimitedSax(int max_depth) : max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string& /*text*/) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) override { return refuse("binary values are not JSON"); }
  bool start_object(std::size_t /*n*/) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*n*/) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(std::string& value) override {
    if (stack_.back()->contains(value)) {
      return refuse(fmt::format("the key \"{}\" appears twice in one object", value));
    }
    key_ = std::move(value);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception& e) override {
    error_offset = position;
    const std::string_view what = e.what();
    const auto detail = what.rfind("; ");
    error = fmt::format("is not valid JSON{}", detail == std::string_view::npos ? "" : what.substr(detail));
    return false;
  }

  Json document;
  std::string error;
  std::size_t error_offset = 0;

 private:
  bool refuse(std::string message) {
    error = std::move(message);
    return false;
  }

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
    return &(parent[key_] = std::move(value));
  }

  template <typename T>
  bool add(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }

  bool open(Json&& container) {
    if (static_cast<int>(stack_.size()) >= max_depth_) {
      return refuse(fmt::format("is nested deeper than {} levels", max_depth_));
    }
    stack_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  int max_depth_;
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

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the JSON text has {} bytes, more than the limit of {}", text.size(), limits.max_bytes));
  }
  LimitedSax sax(limits.max_depth);
  try {
    if (Json::sax_parse(text, &sax)) {
      return std::move(sax.document);
    }
  } catch (const Json::exception& e) {
    sax.error = e.what();
  }
  if (sax.error_offset == 0) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the JSON text {}", sax.error));
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: the JSON text {}", locate(text, sax.error_offset), sax.error));
}

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hearth::base
