// Tasks of the recurrence kernels: one row of one head (RWKV-4: of a run of channels), its state updated in place.
//
// The recurrences of RWKV run token by token in fp32 (design.md, "The rules of batch invariance", 6): lanes are
// outputs, sums run over the key dimension in ascending order. Plain pointers: ISA sources include this header.
#pragma once

namespace hearth::kernels {

// RWKV-4 (arXiv:2305.13048, equations 14 to 17, in the overflow-safe form of its appendix D). All [n].
struct Wkv4Row {
  const float* key = nullptr;
  const float* value = nullptr;
  const float* decay = nullptr;  // w, negative
  const float* first = nullptr;  // u, added to the key of the row itself
  float* numerator = nullptr;    // state
  float* denominator = nullptr;  // state
  float* exponent = nullptr;     // state: the largest exponent so far; -1e30 at the start
  float* out = nullptr;
};

// RWKV-5 and -6 (arXiv:2404.05892, equations 16 to 19): y = r · (diag(u) k vᵀ + S), then S = diag(w) S + k vᵀ.
struct WkvRow {
  const float* receptance = nullptr;  // [n]
  const float* key = nullptr;         // [n]
  const float* value = nullptr;       // [n]
  const float* decay = nullptr;       // [n] over keys, in (0, 1)
  const float* first = nullptr;       // [n] over keys
  float* state = nullptr;             // [n keys, n values]
  float* out = nullptr;               // [n]
};

// RWKV-7 (arXiv:2503.14456, equation 17), the state transposed: Sᵀ = diag(w) Sᵀ - (kk ⊙ a)(kkᵀ Sᵀ) + k vᵀ, y = r · Sᵀ.
struct Wkv7Row {
  const float* receptance = nullptr;  // [n]
  const float* decay = nullptr;       // [n] over keys, in (0, 1)
  const float* key = nullptr;         // [n]
  const float* value = nullptr;       // [n]
  const float* removal = nullptr;     // [n], the unit vector kk
  const float* rate = nullptr;        // [n], a: how much of what kk finds is removed
  float* state = nullptr;             // [n keys, n values]
  float* out = nullptr;               // [n]
};

}  // namespace hearth::kernels
