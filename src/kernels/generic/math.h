// Vector exp, tanh and erfc, and loops over a row with a partial last vector.
//
// exp and tanh: reduction and minimax polynomials of the Cephes library (expf.c, tanhf.c; S. Moshier), about 2 ulp.
// The tail of the normal distribution: the Chebyshev fit of erfc in Numerical Recipes (2nd ed., section 6.2), relative
// error 1.2e-7. Element-wise: a value's result does not depend on its place in the row.
#pragma once

#include <cstdint>

#include "quant/packed/inline.h"

namespace hearth::kernels::generic {

template <typename Isa>
HEARTH_INLINE typename Isa::F exp(typename Isa::F x) {
  // exp(-105) and below round to zero, exp(90) and above to infinity; NaN passes through (second operand).
  x = Isa::max(Isa::floats(-105.0F), x);
  x = Isa::min(Isa::floats(90.0F), x);
  const auto n = Isa::round_to_int(Isa::mul(x, Isa::floats(1.44269504088896341F)));
  const auto nf = Isa::to_float(n);
  auto r = Isa::multiply_add(nf, Isa::floats(-0.693359375F), x);
  r = Isa::multiply_add(nf, Isa::floats(2.12194440e-4F), r);
  auto p = Isa::floats(1.9875691500e-4F);
  p = Isa::multiply_add(p, r, Isa::floats(1.3981999507e-3F));
  p = Isa::multiply_add(p, r, Isa::floats(8.3334519073e-3F));
  p = Isa::multiply_add(p, r, Isa::floats(4.1665795894e-2F));
  p = Isa::multiply_add(p, r, Isa::floats(1.6666665459e-1F));
  p = Isa::multiply_add(p, r, Isa::floats(5.0000001201e-1F));
  p = Isa::multiply_add(p, Isa::mul(r, r), Isa::add(r, Isa::floats(1.0F)));
  // 2^n in two factors, so that subnormal and infinite results come out right.
  const auto half = Isa::template shift_right_signed<1>(n);
  const auto rest = Isa::sub_int(n, half);
  const auto bias = Isa::ints(127);
  const auto first = Isa::from_bits(Isa::template shift_left<23>(Isa::add_int(half, bias)));
  const auto second = Isa::from_bits(Isa::template shift_left<23>(Isa::add_int(rest, bias)));
  return Isa::mul(Isa::mul(p, first), second);
}

template <typename Isa>
HEARTH_INLINE typename Isa::F magnitude(typename Isa::F x) {
  return Isa::from_bits(Isa::bit_and(Isa::bits(x), Isa::ints(0x7FFFFFFF)));
}

template <typename Isa>
HEARTH_INLINE typename Isa::F with_sign_of(typename Isa::F value, typename Isa::F sign) {
  const auto bit = Isa::bit_and(Isa::bits(sign), Isa::ints(static_cast<std::int32_t>(0x80000000U)));
  return Isa::from_bits(Isa::bit_or(Isa::bits(value), bit));
}

template <typename Isa>
HEARTH_INLINE typename Isa::F tanh(typename Isa::F x) {
  const auto z = magnitude<Isa>(x);
  const auto one = Isa::floats(1.0F);
  // Large: 1 - 2 / (exp(2 z) + 1).
  const auto e = exp<Isa>(Isa::add(z, z));
  const auto large = with_sign_of<Isa>(Isa::sub(one, Isa::div(Isa::floats(2.0F), Isa::add(e, one))), x);
  // Small: x + x * s * P(s), s = x².
  const auto s = Isa::mul(x, x);
  auto p = Isa::floats(-5.70498872745e-3F);
  p = Isa::multiply_add(p, s, Isa::floats(2.06390887954e-2F));
  p = Isa::multiply_add(p, s, Isa::floats(-5.37397155531e-2F));
  p = Isa::multiply_add(p, s, Isa::floats(1.33314422036e-1F));
  p = Isa::multiply_add(p, s, Isa::floats(-3.33332819422e-1F));
  const auto small = Isa::multiply_add(Isa::mul(p, s), x, x);
  return Isa::select(Isa::less(z, Isa::floats(0.625F)), small, large);
}

// erfc(z) for z >= 0.
template <typename Isa>
HEARTH_INLINE typename Isa::F erfc_positive(typename Isa::F z) {
  const auto one = Isa::floats(1.0F);
  const auto t = Isa::div(one, Isa::multiply_add(Isa::floats(0.5F), z, one));
  auto p = Isa::floats(0.17087277F);
  p = Isa::multiply_add(p, t, Isa::floats(-0.82215223F));
  p = Isa::multiply_add(p, t, Isa::floats(1.48851587F));
  p = Isa::multiply_add(p, t, Isa::floats(-1.13520398F));
  p = Isa::multiply_add(p, t, Isa::floats(0.27886807F));
  p = Isa::multiply_add(p, t, Isa::floats(-0.18628806F));
  p = Isa::multiply_add(p, t, Isa::floats(0.09678418F));
  p = Isa::multiply_add(p, t, Isa::floats(0.37409196F));
  p = Isa::multiply_add(p, t, Isa::floats(1.00002368F));
  p = Isa::multiply_add(p, t, Isa::floats(-1.26551223F));
  return Isa::mul(t, exp<Isa>(Isa::negative_multiply_add(z, z, p)));
}

// x / (1 + exp(-x))
template <typename Isa>
HEARTH_INLINE typename Isa::F silu(typename Isa::F x) {
  const auto e = exp<Isa>(Isa::sub(Isa::zero(), x));
  return Isa::div(x, Isa::add(Isa::floats(1.0F), e));
}

// 1 / (1 + exp(-x))
template <typename Isa>
HEARTH_INLINE typename Isa::F sigmoid(typename Isa::F x) {
  const auto e = exp<Isa>(Isa::sub(Isa::zero(), x));
  return Isa::div(Isa::floats(1.0F), Isa::add(Isa::floats(1.0F), e));
}

// 0.5 x (1 + tanh(u)) = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x³)
template <typename Isa>
HEARTH_INLINE typename Isa::F gelu_tanh(typename Isa::F x) {
  const auto cubic = Isa::multiply_add(Isa::mul(Isa::floats(0.044715F), Isa::mul(x, x)), x, x);
  const auto e = exp<Isa>(Isa::mul(Isa::floats(-2.0F * 0.79788456080286535588F), cubic));
  return Isa::div(x, Isa::add(Isa::floats(1.0F), e));
}

// x * Φ(x): the tail erfc(|x| / sqrt(2)) / 2 for negative x, one less the tail for positive.
template <typename Isa>
HEARTH_INLINE typename Isa::F gelu_erf(typename Isa::F x) {
  const auto z = Isa::mul(magnitude<Isa>(x), Isa::floats(0.70710678118654752440F));
  const auto tail = Isa::mul(Isa::floats(0.5F), erfc_positive<Isa>(z));
  const auto cdf = Isa::select(Isa::less(x, Isa::zero()), tail, Isa::sub(Isa::floats(1.0F), tail));
  return Isa::mul(x, cdf);
}

template <typename Isa>
HEARTH_INLINE typename Isa::F relu(typename Isa::F x) {
  return Isa::max(Isa::zero(), x);
}

// The first n (< kRows) floats, the rest `fill`.
template <typename Isa>
HEARTH_INLINE typename Isa::F load_some(const float* p, std::int64_t n, float fill) {
  float lanes[Isa::kRows];
  for (int i = 0; i < Isa::kRows; ++i) {
    lanes[i] = i < n ? p[i] : fill;
  }
  return Isa::load(lanes);
}

template <typename Isa>
HEARTH_INLINE void store_some(float* p, std::int64_t n, typename Isa::F v) {
  float lanes[Isa::kRows];
  Isa::store(lanes, v);
  for (std::int64_t i = 0; i < n; ++i) {
    p[i] = lanes[i];
  }
}

}  // namespace hearth::kernels::generic
