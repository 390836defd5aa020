#include "base/byte_reader.h"

#include <fmt/format.h>

namespace hearth::base {

Result<std::span<const std::byte>> ByteReader::take(std::uint64_t n_bytes, std::string_view what) {
  if (n_bytes > remaining()) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{} at byte {} needs {} bytes, but the file has only {} left",
                                                     what, offset_, n_bytes, remaining()));
  }
  const auto part = bytes_.subspan(offset_, static_cast<std::size_t>(n_bytes));
  offset_ += static_cast<std::size_t>(n_bytes);
  return part;
}

Result<std::string_view> ByteReader::take_text(std::uint64_t n_bytes, std::string_view what) {
  HEARTH_TRY(const auto part, take(n_bytes, what));
  return std::string_view(reinterpret_cast<const char*>(part.data()), part.size());
}

Status ByteReader::skip(std::uint64_t n_bytes, std::string_view what) {
  HEARTH_TRY_VOID(take(n_bytes, what));
  return {};
}

}  // namespace hearth::base
