#include "formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/json.h"

namespace hearth::formats {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own library
constexpr std::size_t kMaxDims = 8;                     // no model has more, and a header cannot fill memory with them
constexpr std::size_t kMaxNameBytes = 1024;
constexpr int kMaxDepth = 8;
constexpr std::string_view kMetadataKey = "__metadata__";

std::unexpected<Error> corrupt(std::string message) {
  return fail(ErrorCode::kCorruptFile, std::move(message));
}

struct TensorInfo {
  TensorView view;
  std::string dtype;
  std::vector<std::uint64_t> offsets;  // begin and end, from the start of the data
  bool has_shape = false;
};

// Collects the tensors while the header is read: {name: {"dtype": …, "shape": […], "data_offsets": [begin, end]}}.
class HeaderEvents final : public base::JsonEvents {
 public:
  Status begin(bool is_object) override {
    ++depth_;
    if (in_metadata_) {
      return {};
    }
    if (depth_ == 1) {
      return is_object ? Status{} : corrupt("the header must be a JSON object");
    }
    if (depth_ == 2 && is_object) {
      infos.emplace_back().view.name = name_;
      return {};
    }
    if (depth_ != 3 || is_object || (field_ != "shape" && field_ != "data_offsets")) {
      return unexpected_value();
    }
    infos.back().has_shape |= field_ == "shape";
    return {};
  }

  Status key(std::string&& key) override {
    if (depth_ == 1) {
      in_metadata_ = key == kMetadataKey;
      if (key.empty() || key.size() > kMaxNameBytes) {
        return corrupt(
            fmt::format("the name of a tensor must have 1 to {} bytes, found {}", kMaxNameBytes, key.size()));
      }
      name_ = std::move(key);
      field_.clear();
      return {};
    }
    field_ = std::move(key);
    return {};
  }

  Status scalar(Json&& value) override {
    if (in_metadata_ && depth_ > 1) {
      return {};
    }
    if (depth_ == 2 && field_ == "dtype" && value.is_string()) {
      infos.back().dtype = value.get<std::string>();
      return {};
    }
    if (depth_ == 3 && value.is_number_unsigned()) {
      return add_number(value.get<std::uint64_t>());
    }
    return unexpected_value();
  }

  Status end() override {
    --depth_;
    return {};
  }

  std::vector<TensorInfo> infos;

 private:
  std::unexpected<Error> unexpected_value() const {
    if (depth_ == 0) {
      return corrupt("the header must be a JSON object");
    }
    return corrupt(
        fmt::format("tensor {}: the header must say a text \"dtype\" and arrays of non-negative integers \"shape\" and "
                    "\"data_offsets\", found another value{}",
                    name_, field_.empty() ? "" : fmt::format(" for \"{}\"", field_)));
  }

  Status add_number(std::uint64_t number) {
    TensorInfo& info = infos.back();
    if (field_ == "data_offsets") {
      if (info.offsets.size() == 2) {
        return unexpected_value();
      }
      info.offsets.push_back(number);
      return {};
    }
    if (info.view.shape.size() == kMaxDims) {
      return corrupt(fmt::format("tensor {}: at most {} dimensions are allowed", name_, kMaxDims));
    }
    if (!std::in_range<std::int64_t>(number)) {
      return corrupt(fmt::format("tensor {}: the extent {} is too large", name_, number));
    }
    info.view.shape.push_back(static_cast<std::int64_t>(number));
    return {};
  }

  int depth_ = 0;
  bool in_metadata_ = false;
  std::string name_;
  std::string field_;
};

// Elements of a tensor. The product of the extents that are not 0 fits as well: views multiply in any order.
Result<std::int64_t> count_elements(const TensorView& view) {
  std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 8;  // no dtype takes more than 8 bytes
  std::int64_t n = 1;
  for (const std::int64_t extent : view.shape) {
    if (extent > limit) {
      return corrupt(fmt::format("tensor {}: the product of the extents overflows", view.name));
    }
    if (extent > 0) {
      limit /= extent;
    }
    n *= extent;
  }
  return n;
}

// Checks one tensor against the `data` of the file and points its view at its bytes.
Status place(TensorInfo& info, std::span<const std::byte> data) {
  TensorView& view = info.view;
  if (info.dtype.empty() || !info.has_shape || info.offsets.size() != 2) {
    return corrupt(fmt::format("tensor {}: \"dtype\", \"shape\" or \"data_offsets\" is missing", view.name));
  }
  const auto type = block_type_from_dtype(info.dtype);
  if (!type) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("tensor {}: the dtype {} is not read by this build", view.name, info.dtype));
  }
  view.type = *type;
  HEARTH_TRY(const std::int64_t n_elements, count_elements(view));
  const std::uint64_t begin = info.offsets[0];
  const std::uint64_t end = info.offsets[1];
  if (begin > end || end > data.size()) {
    return corrupt(
        fmt::format("tensor {}: the data from {} to {} does not lie inside the {} bytes of data that the file has (is "
                    "the download complete?)",
                    view.name, begin, end, data.size()));
  }
  const auto expected = static_cast<std::uint64_t>(n_elements * quant::info(*type).block_bytes);
  if (end - begin != expected) {
    return corrupt(fmt::format("tensor {}: shape [{}] of {} takes {} bytes, but data_offsets give {}", view.name,
                               fmt::join(view.shape, ", "), info.dtype, expected, end - begin));
  }
  view.bytes = data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(expected));
  return {};
}

Status check_overlaps(const std::vector<TensorInfo>& infos) {
  std::vector<const TensorInfo*> by_offset;
  for (const TensorInfo& info : infos) {
    if (!info.view.bytes.empty()) {
      by_offset.push_back(&info);
    }
  }
  std::ranges::sort(by_offset, {}, [](const TensorInfo* info) { return info->offsets[0]; });
  for (std::size_t i = 1; i < by_offset.size(); ++i) {
    if (by_offset[i - 1]->offsets[1] > by_offset[i]->offsets[0]) {
      return corrupt(fmt::format("the tensors {} and {} overlap at byte {} of the data", by_offset[i - 1]->view.name,
                                 by_offset[i]->view.name, by_offset[i]->offsets[0]));
    }
  }
  return {};
}

}  // namespace

std::optional<quant::BlockType> block_type_from_dtype(std::string_view dtype) {
  using enum quant::BlockType;
  static constexpr std::pair<std::string_view, quant::BlockType> kTypes[] = {
      {"F32", kF32},        {"F16", kF16},        {"BF16", kBf16}, {"F64", kF64}, {"I8", kI8},
      {"I16", kI16},        {"I32", kI32},        {"I64", kI64},   {"U8", kU8},   {"BOOL", kU8},
      {"F8_E4M3", kF8E4M3}, {"F8_E5M2", kF8E5M2}, {"U16", kI16},   {"U32", kI32}, {"U64", kI64}};
  const auto* const found = std::ranges::find(kTypes, dtype, &std::pair<std::string_view, quant::BlockType>::first);
  return found == std::end(kTypes) ? std::nullopt : std::optional(found->second);
}

Result<std::vector<TensorView>> parse_safetensors(std::span<const std::byte> bytes) {
  base::ByteReader reader(bytes);
  HEARTH_TRY(const auto header_bytes, reader.read<std::uint64_t>("the length of the header"));
  if (header_bytes > kMaxHeaderBytes) {
    return corrupt(
        fmt::format("the header may have at most {} bytes, its length says {}", kMaxHeaderBytes, header_bytes));
  }
  HEARTH_TRY(const auto header, reader.take_text(header_bytes, "the header"));
  HeaderEvents events;
  if (auto status = base::parse_json_events(header, events, {.max_bytes = kMaxHeaderBytes, .max_depth = kMaxDepth});
      !status) {
    return corrupt(status.error().message);
  }
  const auto data = bytes.subspan(reader.offset());
  for (TensorInfo& info : events.infos) {
    HEARTH_TRY_VOID(place(info, data));
  }
  HEARTH_TRY_VOID(check_overlaps(events.infos));
  std::vector<TensorView> tensors;
  tensors.reserve(events.infos.size());
  for (TensorInfo& info : events.infos) {
    tensors.push_back(std::move(info.view));
  }
  return tensors;
}

}  // namespace hearth::formats
