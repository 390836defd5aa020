#include "formats/gguf_values.h"

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace hearth::formats {
namespace {

// Deeper nesting has no use in a model file, and recursion must end.
constexpr int kMaxArrayDepth = 8;

Result<bool> to_boolean(std::uint8_t byte) {
  if (byte > 1) {
    return fail(ErrorCode::kCorruptFile, fmt::format("a boolean must be 0 or 1, found {}", byte));
  }
  return byte == 1;
}

}  // namespace

Result<std::uint64_t> GgufValueReader::read_length(std::string_view what) {
  if (version_ == 1) {
    HEARTH_TRY(const std::uint32_t value, reader_.read<std::uint32_t>(what));
    return value;
  }
  return reader_.read<std::uint64_t>(what);
}

Result<std::string_view> GgufValueReader::read_string(std::string_view what) {
  HEARTH_TRY(const std::uint64_t n_bytes, read_length(what));
  HEARTH_TRY(const std::string_view text, reader_.take_text(n_bytes, what));
  HEARTH_TRY_VOID(check_header_bytes(0));
  return text;
}

Result<GgufType> GgufValueReader::read_type() {
  HEARTH_TRY(const std::uint32_t id, reader_.read<std::uint32_t>("value type"));
  const std::uint32_t last = version_ == 1 ? 9 : 12;
  if (id > last) {
    return fail(ErrorCode::kCorruptFile, fmt::format("the value type must be 0 to {}, found {}", last, id));
  }
  return static_cast<GgufType>(id);
}

Result<MetadataValue> GgufValueReader::read_value() {
  HEARTH_TRY(const GgufType type, read_type());
  return type == GgufType::kArray ? read_array(1) : read_scalar(type);
}

Result<MetadataValue> GgufValueReader::read_scalar(GgufType type) {
  constexpr std::string_view kWhat = "value";
  const auto wrap = [](auto result, auto convert) -> Result<MetadataValue> {
    if (!result) {
      return std::unexpected(std::move(result).error());
    }
    return MetadataValue{convert(*result)};
  };
  const auto integer = [](auto value) { return static_cast<std::int64_t>(value); };
  const auto number = [](auto value) { return static_cast<double>(value); };
  switch (type) {
    case GgufType::kU8:
      return wrap(reader_.read<std::uint8_t>(kWhat), integer);
    case GgufType::kI8:
      return wrap(reader_.read<std::int8_t>(kWhat), integer);
    case GgufType::kU16:
      return wrap(reader_.read<std::uint16_t>(kWhat), integer);
    case GgufType::kI16:
      return wrap(reader_.read<std::int16_t>(kWhat), integer);
    case GgufType::kU32:
      return wrap(reader_.read<std::uint32_t>(kWhat), integer);
    case GgufType::kI32:
      return wrap(reader_.read<std::int32_t>(kWhat), integer);
    case GgufType::kI64:
      return wrap(reader_.read<std::int64_t>(kWhat), integer);
    case GgufType::kU64:
      return wrap(reader_.read<std::uint64_t>(kWhat), [](std::uint64_t value) { return value; });
    case GgufType::kF32:
      return wrap(reader_.read<float>(kWhat), number);
    case GgufType::kF64:
      return wrap(reader_.read<double>(kWhat), number);
    case GgufType::kString:
      return wrap(read_string(kWhat), [](std::string_view text) { return std::string(text); });
    case GgufType::kBool: {
      HEARTH_TRY(const std::uint8_t byte, reader_.read<std::uint8_t>(kWhat));
      return wrap(to_boolean(byte), [](bool value) { return value; });
    }
    case GgufType::kArray:
      break;
  }
  return fail(ErrorCode::kInternal, "an array is not a scalar");
}

Status GgufValueReader::check_header_bytes(std::uint64_t n_bytes) {
  if (offset() > kMaxGgufHeaderBytes || n_bytes > kMaxGgufHeaderBytes - offset()) {
    return fail(ErrorCode::kCorruptFile, fmt::format("the header is larger than {} bytes", kMaxGgufHeaderBytes));
  }
  return {};
}

Status GgufValueReader::check_count(std::uint64_t count, std::uint64_t element_bytes) {
  if (count > remaining() / element_bytes) {
    return fail(
        ErrorCode::kCorruptFile,
        fmt::format("an array of {} elements of at least {} bytes each is announced, but the file has only {} left",
                    count, element_bytes, remaining()));
  }
  return check_header_bytes(count * element_bytes);
}

Result<MetadataValue> GgufValueReader::read_array(int depth) {
  if (depth > kMaxArrayDepth) {
    return fail(ErrorCode::kCorruptFile, fmt::format("arrays are nested deeper than {}", kMaxArrayDepth));
  }
  HEARTH_TRY(const GgufType type, read_type());
  HEARTH_TRY(const std::uint64_t count, read_length("array length"));
  switch (type) {
    case GgufType::kString:
      return read_strings(count);
    case GgufType::kArray:
      return read_arrays(count, depth);
    default:
      return read_numbers(type, count);
  }
}

Result<MetadataValue> GgufValueReader::read_strings(std::uint64_t count) {
  HEARTH_TRY_VOID(check_count(count, min_string_bytes()));
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < count; ++i) {
    HEARTH_TRY(const std::string_view text, read_string("array element"));
    texts.emplace_back(text);
  }
  return MetadataValue{std::move(texts)};
}

Result<MetadataValue> GgufValueReader::read_arrays(std::uint64_t count, int depth) {
  HEARTH_TRY_VOID(check_count(count, sizeof(std::uint32_t) + min_string_bytes()));
  MetadataArray arrays;
  for (std::uint64_t i = 0; i < count; ++i) {
    HEARTH_TRY(MetadataValue array, read_array(depth + 1));
    arrays.push_back(std::move(array));
  }
  return MetadataValue{std::move(arrays)};
}

template <typename Source, typename Target>
Result<MetadataValue> GgufValueReader::read_flat(std::uint64_t count) {
  HEARTH_TRY_VOID(check_count(count, sizeof(Source)));
  std::vector<Target> values(static_cast<std::size_t>(count));
  for (Target& target : values) {
    HEARTH_TRY(const Source value, reader_.read<Source>("array element"));
    if constexpr (std::unsigned_integral<Source>) {
      if (!std::in_range<Target>(value)) {
        return fail(ErrorCode::kCorruptFile, fmt::format("an array element is too large: {}", value));
      }
    }
    target = static_cast<Target>(value);
  }
  return MetadataValue{std::move(values)};
}

Result<MetadataValue> GgufValueReader::read_booleans(std::uint64_t count) {
  HEARTH_TRY_VOID(check_count(count, 1));
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  for (std::int64_t& target : values) {
    HEARTH_TRY(const std::uint8_t byte, reader_.read<std::uint8_t>("array element"));
    HEARTH_TRY(target, to_boolean(byte));
  }
  return MetadataValue{std::move(values)};
}

Result<MetadataValue> GgufValueReader::read_numbers(GgufType type, std::uint64_t count) {
  switch (type) {
    case GgufType::kU8:
      return read_flat<std::uint8_t, std::int64_t>(count);
    case GgufType::kI8:
      return read_flat<std::int8_t, std::int64_t>(count);
    case GgufType::kU16:
      return read_flat<std::uint16_t, std::int64_t>(count);
    case GgufType::kI16:
      return read_flat<std::int16_t, std::int64_t>(count);
    case GgufType::kU32:
      return read_flat<std::uint32_t, std::int64_t>(count);
    case GgufType::kI32:
      return read_flat<std::int32_t, std::int64_t>(count);
    case GgufType::kI64:
      return read_flat<std::int64_t, std::int64_t>(count);
    case GgufType::kF32:
      return read_flat<float, float>(count);
    case GgufType::kBool:
      return read_booleans(count);
    case GgufType::kU64:
      return read_flat<std::uint64_t, std::int64_t>(count);
    default:
      return read_doubles(count);
  }
}

// Floats would lose bits, so doubles are kept one by one; no known file has a long array of them.
Result<MetadataValue> GgufValueReader::read_doubles(std::uint64_t count) {
  HEARTH_TRY_VOID(check_count(count, sizeof(double)));
  MetadataArray values;
  for (std::uint64_t i = 0; i < count; ++i) {
    HEARTH_TRY(MetadataValue value, read_scalar(GgufType::kF64));
    values.push_back(std::move(value));
  }
  return MetadataValue{std::move(values)};
}

}  // namespace hearth::formats
