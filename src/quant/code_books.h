// The 16-entry code books of 4-bit encodings, index = nibble.
//
// Sources: IQ4_NL and IQ4_XS share ggml's kvalues_iq4nl; MXFP4 and NVFP4 hold E2M1 numbers (OCP Microscaling Formats
// 1.0, section 5.3.3), here doubled so that they are whole, which their decoders undo in the scale.
#pragma once

#include <cstdint>

namespace hearth::quant {

inline constexpr std::int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};
inline constexpr std::int8_t kE2m1Doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Eight values of a book, plus an offset, as the bytes of a number, for byte shuffles.
constexpr std::uint64_t book_word(const std::int8_t (&book)[16], int first, int offset = 0) {
  std::uint64_t word = 0;
  for (int i = 7; i >= 0; --i) {
    word = (word << 8) | static_cast<std::uint8_t>(book[first + i] + offset);
  }
  return word;
}

// The values of 2 * kHalf weights whose low nibbles are the first kHalf and whose high nibbles the rest.
template <int kHalf>
void put_code_book_values(const std::int8_t (&book)[16], const std::uint8_t* nibbles, std::int8_t* q) {
  for (int j = 0; j < kHalf; ++j) {
    q[j] = book[nibbles[j] & 15];
    q[j + kHalf] = book[nibbles[j] >> 4];
  }
}

}  // namespace hearth::quant
