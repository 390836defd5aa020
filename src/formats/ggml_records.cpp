#include "formats/ggml_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace hearth::formats {
namespace {

constexpr std::uint32_t kMaxDims = 4;
constexpr std::uint32_t kMaxNameBytes = 256;

Error corrupt(std::string message) {
  return {ErrorCode::kCorruptFile, std::move(message), {}};
}

bool is_printable(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

// The extents, which the file has fastest first. Their product and the bytes they take fit into 63 bits.
Result<std::vector<std::int64_t>> read_shape(base::ByteReader& reader, std::uint32_t n_dims) {
  std::vector<std::int64_t> shape(n_dims);
  std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 8;  // no encoding takes more than 8 bytes per weight
  for (std::uint32_t i = 0; i < n_dims; ++i) {
    HEARTH_TRY(const std::int32_t extent, reader.read<std::int32_t>("dimension"));
    if (extent < 1) {
      return std::unexpected(corrupt(fmt::format("dimension {} must be at least 1, found {}", i, extent)));
    }
    if (extent > limit) {
      return std::unexpected(
          corrupt(fmt::format("the product of the dimensions overflows at dimension {} of {}", i, extent)));
    }
    limit /= extent;
    shape[n_dims - 1 - i] = extent;
  }
  return shape;
}

// Builds of mid-2023 could be made with super-blocks of 64 weights; nothing in a file says so, and what such a file
// shows is that its rows or its sizes do not fit.
std::string_view super_block_hint(quant::BlockType type) {
  return quant::info(type).block_size == 256
             ? " (a file made with super-blocks of 64 weights, QK_K=64, would look like this; those are not read)"
             : "";
}

Status read_data(base::ByteReader& reader, const GgmlRecordRules& rules, std::uint32_t encoding, TensorView& tensor) {
  HEARTH_TRY(tensor.type, rules.encoding(encoding));
  const quant::BlockTypeInfo& type = quant::info(tensor.type);
  if (tensor.n_cols() % type.block_size != 0) {
    return std::unexpected(corrupt(fmt::format("rows of {} must be a multiple of {} weights, found {}{}", type.name,
                                               type.block_size, tensor.n_cols(), super_block_hint(tensor.type))));
  }
  const std::size_t misaligned = reader.offset() % rules.alignment;
  if (misaligned != 0) {
    HEARTH_TRY_VOID(reader.skip(rules.alignment - misaligned, "the padding before its data"));
  }
  const std::int64_t n_bytes = quant::row_bytes(tensor.type, tensor.n_elements());
  HEARTH_TRY(tensor.bytes, reader.take(static_cast<std::uint64_t>(n_bytes), fmt::format("its {} data", type.name)));
  return {};
}

}  // namespace

Result<GgmlRecordHead> read_ggml_record_head(base::ByteReader& reader, std::size_t index) {
  const std::string what = fmt::format("tensor {}", index);
  const std::size_t start = reader.offset();
  HEARTH_TRY(const std::uint32_t n_dims, reader.read<std::uint32_t>(what + ": number of dimensions"));
  HEARTH_TRY(const std::uint32_t name_bytes, reader.read<std::uint32_t>(what + ": length of the name"));
  GgmlRecordHead head;
  HEARTH_TRY(head.encoding, reader.read<std::uint32_t>(what + ": encoding"));
  if (n_dims < 1 || n_dims > kMaxDims) {
    return std::unexpected(corrupt(
        fmt::format("{} at byte {}: 1 to {} dimensions are expected, found {}", what, start, kMaxDims, n_dims)));
  }
  if (name_bytes < 1 || name_bytes > kMaxNameBytes) {
    return std::unexpected(corrupt(fmt::format("{} at byte {}: a name of 1 to {} bytes is expected, found {}", what,
                                               start, kMaxNameBytes, name_bytes)));
  }
  auto shape = read_shape(reader, n_dims);
  if (!shape) {
    return base::fail_at(fmt::format("{} at byte {}", what, start), std::move(shape).error());
  }
  head.shape = *std::move(shape);
  HEARTH_TRY(head.name, reader.take_text(name_bytes, what + ": name"));
  if (!is_printable(head.name)) {
    return std::unexpected(
        corrupt(fmt::format("{} at byte {}: its name must be printable text without spaces", what, start)));
  }
  return head;
}

Result<std::vector<TensorView>> read_ggml_records(base::ByteReader& reader, const GgmlRecordRules& rules) {
  std::vector<TensorView> tensors;
  while (reader.remaining() > 0) {
    auto head = read_ggml_record_head(reader, tensors.size());
    if (!head) {
      // The last tensor ended where no record starts: its size was taken for another than it is, or the file is cut.
      const std::string_view hint = tensors.empty() ? "" : super_block_hint(tensors.back().type);
      Error error = std::move(head).error();
      error.message += hint;
      return std::unexpected(std::move(error));
    }
    TensorView& tensor = tensors.emplace_back();
    tensor.name = head->name;
    tensor.shape = std::move(head->shape);
    if (auto status = read_data(reader, rules, head->encoding, tensor); !status) {
      return base::fail_at(fmt::format("tensor {}", tensor.name), std::move(status).error());
    }
  }
  return tensors;
}

}  // namespace hearth::formats
