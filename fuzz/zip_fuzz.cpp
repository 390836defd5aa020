// The ZIP reader over arbitrary bytes: what opens is unpacked, and what unpacks is exactly as large as it said.
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto archive = hearth::formats::ZipArchive::read(bytes, "input");
  if (!archive) return 0;
  for (const auto& member : archive->members()) {
    std::uint64_t n_unpacked = 0;
    const auto status = archive->extract(member, [&](std::span<const std::byte> piece) -> hearth::Status {
      n_unpacked += piece.size();
      return {};
    });
    if (status && n_unpacked != member.size_bytes) __builtin_trap();
  }
  return 0;
}
