// The recurrences of RWKV for one row, over the ISA trait.
//
// Lanes are values (RWKV-4: channels); the sum over keys has one accumulator per lane and runs in ascending order, so a
// row's result depends on nothing but its state. Instantiated by kernels/isa/<level>/table.cpp.
#pragma once

#include "kernels/generic/math.h"
#include "kernels/generic/reduce.h"
#include "kernels/recurrence.h"

namespace hearth::kernels::generic {

template <typename Isa>
HEARTH_INLINE void store_at(float* x, std::int64_t i, std::int64_t n, typename Isa::F value) {
  if (i + Isa::kRows <= n) {
    Isa::store(x + i, value);
  } else {
    store_some<Isa>(x + i, n - i, value);
  }
}

template <typename Isa>
void wkv4(const Wkv4Row& row, std::int64_t n) {
  using F = typename Isa::F;
  for (std::int64_t i = 0; i < n; i += Isa::kRows) {
    const F key = load_at<Isa>(row.key, i, n);
    const F value = load_at<Isa>(row.value, i, n);
    F numerator = load_at<Isa>(row.numerator, i, n);
    F denominator = load_at<Isa>(row.denominator, i, n);
    const F exponent = load_at<Isa>(row.exponent, i, n);
    const F bonus = Isa::add(load_at<Isa>(row.first, i, n), key);
    F top = Isa::max(exponent, bonus);
    F past = exp<Isa>(Isa::sub(exponent, top));
    F now = exp<Isa>(Isa::sub(bonus, top));
    const F above = Isa::multiply_add(past, numerator, Isa::mul(now, value));
    const F below = Isa::multiply_add(past, denominator, now);
    store_at<Isa>(row.out, i, n, Isa::div(above, below));

    const F decayed = Isa::add(exponent, load_at<Isa>(row.decay, i, n));
    top = Isa::max(decayed, key);
    past = exp<Isa>(Isa::sub(decayed, top));
    now = exp<Isa>(Isa::sub(key, top));
    numerator = Isa::multiply_add(past, numerator, Isa::mul(now, value));
    denominator = Isa::multiply_add(past, denominator, now);
    store_at<Isa>(row.numerator, i, n, numerator);
    store_at<Isa>(row.denominator, i, n, denominator);
    store_at<Isa>(row.exponent, i, n, top);
  }
}

template <typename Isa>
void wkv(const WkvRow& row, std::int64_t n) {
  using F = typename Isa::F;
  for (std::int64_t j = 0; j < n; j += Isa::kRows) {
    const F value = load_at<Isa>(row.value, j, n);
    F sum = Isa::zero();
    for (std::int64_t i = 0; i < n; ++i) {
      float* state = row.state + i * n;
      const F old = load_at<Isa>(state, j, n);
      const F added = Isa::mul(Isa::floats(row.key[i]), value);
      const F seen = Isa::multiply_add(Isa::floats(row.first[i]), added, old);
      sum = Isa::multiply_add(Isa::floats(row.receptance[i]), seen, sum);
      store_at<Isa>(state, j, n, Isa::multiply_add(Isa::floats(row.decay[i]), old, added));
    }
    store_at<Isa>(row.out, j, n, sum);
  }
}

template <typename Isa>
void wkv7(const Wkv7Row& row, std::int64_t n) {
  using F = typename Isa::F;
  for (std::int64_t j = 0; j < n; j += Isa::kRows) {
    const F value = load_at<Isa>(row.value, j, n);
    F found = Isa::zero();
    for (std::int64_t i = 0; i < n; ++i) {
      found = Isa::multiply_add(Isa::floats(row.removal[i]), load_at<Isa>(row.state + i * n, j, n), found);
    }
    F sum = Isa::zero();
    for (std::int64_t i = 0; i < n; ++i) {
      float* at = row.state + i * n;
      F state = Isa::mul(load_at<Isa>(at, j, n), Isa::floats(row.decay[i]));
      state = Isa::negative_multiply_add(Isa::floats(row.removal[i] * row.rate[i]), found, state);
      state = Isa::multiply_add(Isa::floats(row.key[i]), value, state);
      store_at<Isa>(at, j, n, state);
      sum = Isa::multiply_add(Isa::floats(row.receptance[i]), state, sum);
    }
    store_at<Isa>(row.out, j, n, sum);
  }
}

// Σ a[i] * b[i], in the fixed tree of reduce.h.
template <typename Isa>
float dot(const float* a, const float* b, std::int64_t n) {
  typename Isa::F acc[4] = {Isa::zero(), Isa::zero(), Isa::zero(), Isa::zero()};
  std::int64_t i = 0;
  for (; i + 4 * Isa::kRows <= n; i += 4 * Isa::kRows) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      acc[j] = Isa::multiply_add(Isa::load(a + i + j * Isa::kRows), Isa::load(b + i + j * Isa::kRows), acc[j]);
    }
  }
  for (; i < n; i += Isa::kRows) {
    acc[0] = Isa::multiply_add(load_at<Isa>(a, i, n), load_at<Isa>(b, i, n), acc[0]);
  }
  return Isa::sum(Isa::add(Isa::add(acc[0], acc[1]), Isa::add(acc[2], acc[3])));
}

}  // namespace hearth::kernels::generic
