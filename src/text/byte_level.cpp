#include "text/byte_level.h"

#include <array>
#include <cstdint>

#include "text/utf8.h"

namespace hearth::text {
namespace {

constexpr bool stands_for_itself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

// byte -> code point
constexpr std::array<std::uint16_t, 256> make_code_points() {
  std::array<std::uint16_t, 256> code_points{};
  std::uint16_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    code_points[static_cast<std::size_t>(byte)] = stands_for_itself(byte) ? static_cast<std::uint16_t>(byte) : next++;
  }
  return code_points;
}
constexpr auto kCodePoints = make_code_points();
constexpr std::size_t kAlphabetEnd = 256 + 68;

// code point -> byte, -1 outside the alphabet
constexpr std::array<std::int16_t, kAlphabetEnd> make_bytes() {
  std::array<std::int16_t, kAlphabetEnd> bytes{};
  bytes.fill(-1);
  for (std::size_t byte = 0; byte < 256; ++byte) bytes[kCodePoints[byte]] = static_cast<std::int16_t>(byte);
  return bytes;
}
constexpr auto kBytes = make_bytes();

}  // namespace

std::string byte_level_to_bytes(std::string_view piece) {
  std::string bytes;
  while (!piece.empty()) {
    const Utf8Sequence sequence = first_sequence(piece);
    const std::string_view character = piece.substr(0, sequence.length);
    piece.remove_prefix(sequence.length);
    // The alphabet lies below U+0144, in one or two bytes of UTF-8.
    std::size_t code_point = kAlphabetEnd;
    if (sequence.valid && character.size() == 1) {
      code_point = static_cast<unsigned char>(character[0]);
    } else if (sequence.valid && character.size() == 2) {
      code_point = (static_cast<unsigned>(character[0]) & 0x1FU) << 6 | (static_cast<unsigned>(character[1]) & 0x3FU);
    }
    if (code_point < kAlphabetEnd && kBytes[code_point] >= 0) {
      bytes += static_cast<char>(kBytes[code_point]);
    } else {
      bytes += character;
    }
  }
  return bytes;
}

std::string bytes_to_byte_level(std::string_view bytes) {
  std::string piece;
  for (const char c : bytes) {
    const unsigned code_point = kCodePoints[static_cast<unsigned char>(c)];
    if (code_point < 0x80) {
      piece += static_cast<char>(code_point);
    } else {
      piece += static_cast<char>(0xC0U | code_point >> 6);
      piece += static_cast<char>(0x80U | (code_point & 0x3FU));
    }
  }
  return piece;
}

}  // namespace hearth::text
