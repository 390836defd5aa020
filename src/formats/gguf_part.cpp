#include "formats/gguf_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "formats/gguf_values.h"

namespace hearth::formats {
namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::size_t kMaxKeyBytes = 65535;
constexpr std::size_t kMaxTensorNameBytes = 64;
constexpr std::uint32_t kMaxDims = 4;
constexpr std::int64_t kDefaultAlignment = 32;
// The specification wants multiples of 8; below that, floats would not be aligned in memory either.
constexpr std::int64_t kMinAlignment = 8;

struct Header {
  std::uint32_t version = 0;
  std::uint64_t n_tensors = 0;
  std::uint64_t n_keys = 0;
};

Error corrupt(std::string message) {
  return {ErrorCode::kCorruptFile, std::move(message), {}};
}

Result<std::uint32_t> read_version(GgufValueReader& reader) {
  HEARTH_TRY(const std::uint32_t magic, reader.read<std::uint32_t>("magic"));
  if (magic != kMagic) {
    return std::unexpected(corrupt(fmt::format("a GGUF file starts with \"GGUF\", found bytes {:08x}", magic)));
  }
  HEARTH_TRY(const std::uint32_t version, reader.read<std::uint32_t>("version"));
  // All numbers of a big-endian file are swapped, so a small version shows up in the upper half.
  if (version != 0 && (version & 0xFFFFU) == 0) {
    return fail(ErrorCode::kUnsupported, "big-endian GGUF files are not read; convert it to little endian first");
  }
  if (version < 1 || version > 3) {
    return fail(ErrorCode::kUnsupported, fmt::format("GGUF versions 1 to 3 are read, found {}", version));
  }
  return version;
}

Result<Header> read_header(GgufValueReader& reader) {
  Header header;
  HEARTH_TRY(header.version, read_version(reader));
  reader.set_version(header.version);
  HEARTH_TRY(header.n_tensors, reader.read_length("tensor count"));
  HEARTH_TRY(header.n_keys, reader.read_length("metadata count"));
  // The shortest entry of each kind: a string of one byte, then type and value, or dimensions, type and offset.
  const std::uint64_t min_key_bytes = reader.min_string_bytes() + 1 + 4 + 1;
  const std::uint64_t min_tensor_bytes = reader.min_string_bytes() + 1 + 4 + 4 + 8;
  if (header.n_keys > reader.remaining() / min_key_bytes) {
    return std::unexpected(corrupt(fmt::format("{} metadata entries do not fit into the {} bytes that are left",
                                               header.n_keys, reader.remaining())));
  }
  if (header.n_tensors > reader.remaining() / min_tensor_bytes) {
    return std::unexpected(corrupt(
        fmt::format("{} tensors do not fit into the {} bytes that are left", header.n_tensors, reader.remaining())));
  }
  return header;
}

Result<Metadata> read_metadata(GgufValueReader& reader, std::uint64_t n_keys) {
  Metadata metadata;
  for (std::uint64_t i = 0; i < n_keys; ++i) {
    HEARTH_TRY(const std::string_view key, reader.read_string(fmt::format("the key of metadata entry {}", i)));
    if (key.empty() || key.size() > kMaxKeyBytes) {
      return std::unexpected(corrupt(
          fmt::format("the key of metadata entry {} must have 1 to {} bytes, found {}", i, kMaxKeyBytes, key.size())));
    }
    if (metadata.contains(key)) {
      return std::unexpected(corrupt(fmt::format("the metadata key {} occurs twice", key)));
    }
    auto value = reader.read_value();
    if (!value) {
      return base::fail_at(fmt::format("metadata key {}", key), std::move(value).error());
    }
    metadata.set(std::string(key), *std::move(value));
  }
  return metadata;
}

Result<std::uint64_t> read_alignment(const Metadata& metadata) {
  constexpr std::string_view kKey = "general.alignment";
  if (!metadata.contains(kKey)) {
    return static_cast<std::uint64_t>(kDefaultAlignment);
  }
  HEARTH_TRY(const std::int64_t alignment, metadata.require_integer(kKey));
  if (alignment < kMinAlignment || alignment > std::numeric_limits<std::uint32_t>::max() ||
      !std::has_single_bit(static_cast<std::uint64_t>(alignment))) {
    return std::unexpected(
        corrupt(fmt::format("{} must be a power of two from {} up, found {}", kKey, kMinAlignment, alignment)));
  }
  return static_cast<std::uint64_t>(alignment);
}

struct TensorInfo {
  TensorView view;
  std::uint64_t offset = 0;  // from the start of the data
  std::uint64_t n_bytes = 0;
};

// The extents, which the file has fastest first. Their product and the bytes they take fit into 63 bits.
Result<std::vector<std::int64_t>> read_shape(GgufValueReader& reader) {
  HEARTH_TRY(const std::uint32_t n_dims, reader.read<std::uint32_t>("number of dimensions"));
  if (n_dims > kMaxDims) {
    return std::unexpected(corrupt(fmt::format("at most {} dimensions are allowed, found {}", kMaxDims, n_dims)));
  }
  std::vector<std::int64_t> shape(n_dims);
  // No type takes more than 8 bytes per weight.
  std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 8;
  for (std::uint32_t i = 0; i < n_dims; ++i) {
    HEARTH_TRY(const std::uint64_t extent, reader.read_length("dimension"));
    if (extent == 0) {
      return std::unexpected(corrupt(fmt::format("dimension {} is 0", i)));
    }
    if (extent > static_cast<std::uint64_t>(limit)) {
      return std::unexpected(
          corrupt(fmt::format("the product of the dimensions overflows at dimension {} of {}", i, extent)));
    }
    limit /= static_cast<std::int64_t>(extent);
    shape[n_dims - 1 - i] = static_cast<std::int64_t>(extent);
  }
  return shape;
}

Result<quant::BlockType> read_block_type(GgufValueReader& reader) {
  HEARTH_TRY(const std::uint32_t id, reader.read<std::uint32_t>("encoding"));
  if (const auto type = quant::block_type_from_ggml_id(id)) {
    return *type;
  }
  const std::string_view name = quant::ggml_type_name(id);
  if (name.empty()) {
    return std::unexpected(corrupt(fmt::format("no encoding has the id {}", id)));
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("the encoding {} (id {}) is not read: {}", name, id, quant::why_ggml_type_is_not_read(id)));
}

Status read_tensor_body(GgufValueReader& reader, TensorInfo& info, std::uint64_t alignment) {
  HEARTH_TRY(info.view.shape, read_shape(reader));
  HEARTH_TRY(info.view.type, read_block_type(reader));
  HEARTH_TRY(info.offset, reader.read<std::uint64_t>("offset"));
  const quant::BlockTypeInfo& type = quant::info(info.view.type);
  if (info.view.n_cols() % type.block_size != 0) {
    return std::unexpected(corrupt(fmt::format("rows of {} must be a multiple of {} weights, found {}", type.name,
                                               type.block_size, info.view.n_cols())));
  }
  if (info.offset % alignment != 0) {
    return std::unexpected(
        corrupt(fmt::format("the offset must be a multiple of {}, found {}", alignment, info.offset)));
  }
  info.n_bytes = static_cast<std::uint64_t>(quant::row_bytes(info.view.type, info.view.n_elements()));
  return {};
}

Result<std::vector<TensorInfo>> read_tensor_infos(GgufValueReader& reader, std::uint64_t n_tensors,
                                                  std::uint64_t alignment) {
  std::vector<TensorInfo> infos;
  for (std::uint64_t i = 0; i < n_tensors; ++i) {
    HEARTH_TRY(const std::string_view name, reader.read_string(fmt::format("the name of tensor {}", i)));
    if (name.empty() || name.size() > kMaxTensorNameBytes) {
      return std::unexpected(corrupt(
          fmt::format("the name of tensor {} must have 1 to {} bytes, found {}", i, kMaxTensorNameBytes, name.size())));
    }
    TensorInfo& info = infos.emplace_back();
    info.view.name = name;
    if (auto status = read_tensor_body(reader, info, alignment); !status) {
      return base::fail_at(fmt::format("tensor {}", name), std::move(status).error());
    }
  }
  return infos;
}

// Points every view at its bytes, after checking that they lie inside the file.
Status place_tensors(std::vector<TensorInfo>& infos, std::span<const std::byte> bytes, std::uint64_t data_start) {
  const std::uint64_t data_bytes = data_start < bytes.size() ? bytes.size() - data_start : 0;
  for (TensorInfo& info : infos) {
    if (info.offset > data_bytes || info.n_bytes > data_bytes - info.offset) {
      return std::unexpected(corrupt(
          fmt::format("tensor {}: its {} bytes at offset {} end beyond the {} bytes of data that the file has (is the "
                      "download complete?)",
                      info.view.name, info.n_bytes, info.offset, data_bytes)));
    }
    info.view.bytes =
        bytes.subspan(static_cast<std::size_t>(data_start + info.offset), static_cast<std::size_t>(info.n_bytes));
  }
  return {};
}

Status check_overlaps(const std::vector<TensorInfo>& infos) {
  std::vector<const TensorInfo*> by_offset;
  by_offset.reserve(infos.size());
  for (const TensorInfo& info : infos) {
    by_offset.push_back(&info);
  }
  std::ranges::sort(by_offset, {}, &TensorInfo::offset);
  for (std::size_t i = 1; i < by_offset.size(); ++i) {
    const TensorInfo& before = *by_offset[i - 1];
    const TensorInfo& after = *by_offset[i];
    if (before.offset + before.n_bytes > after.offset) {
      return std::unexpected(corrupt(
          fmt::format("the tensors {} and {} overlap at offset {}", before.view.name, after.view.name, after.offset)));
    }
  }
  return {};
}

}  // namespace

Result<GgufPart> parse_gguf_part(std::span<const std::byte> bytes) {
  GgufValueReader reader(bytes);
  HEARTH_TRY(const Header header, read_header(reader));
  GgufPart part;
  part.version = header.version;
  HEARTH_TRY(part.metadata, read_metadata(reader, header.n_keys));
  HEARTH_TRY(const std::uint64_t alignment, read_alignment(part.metadata));
  HEARTH_TRY(std::vector<TensorInfo> infos, read_tensor_infos(reader, header.n_tensors, alignment));
  const std::uint64_t data_start = (reader.offset() + alignment - 1) / alignment * alignment;
  HEARTH_TRY_VOID(place_tensors(infos, bytes, data_start));
  HEARTH_TRY_VOID(check_overlaps(infos));
  part.tensors.reserve(infos.size());
  for (TensorInfo& info : infos) {
    part.tensors.push_back(std::move(info.view));
  }
  return part;
}

}  // namespace hearth::formats
