// Kernels that reduce a row: norms and softmax statistics, each in one fixed tree.
//
// A row is read in steps of four vectors with an accumulator each, the rest in steps of one; then the accumulators and
// their lanes are added pairwise. The order depends on n alone. Instantiated by kernels/isa/<level>/vector.cpp.
#pragma once

#include "kernels/generic/math.h"
#include "kernels/kernel_table.h"

namespace hearth::kernels::generic {

// Σ op(x[i]); lanes beyond n are `fill`, which op must turn into zero.
template <typename Isa, typename Op>
HEARTH_INLINE float sum_of(const Op& op, const float* x, std::int64_t n, float fill) {
  typename Isa::F acc[4] = {Isa::zero(), Isa::zero(), Isa::zero(), Isa::zero()};
  std::int64_t i = 0;
  for (; i + 4 * Isa::kRows <= n; i += 4 * Isa::kRows) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      acc[j] = Isa::add(acc[j], op.apply(Isa::load(x + i + j * Isa::kRows)));
    }
  }
  for (; i + Isa::kRows <= n; i += Isa::kRows) {
    acc[0] = Isa::add(acc[0], op.apply(Isa::load(x + i)));
  }
  if (i < n) {
    acc[0] = Isa::add(acc[0], op.apply(load_some<Isa>(x + i, n - i, fill)));
  }
  return Isa::sum(Isa::add(Isa::add(acc[0], acc[1]), Isa::add(acc[2], acc[3])));
}

template <typename Isa>
struct SelfOp {
  using F = typename Isa::F;
  HEARTH_INLINE F apply(F x) const { return x; }
};

template <typename Isa>
struct SquareOp {
  using F = typename Isa::F;
  F mean;
  HEARTH_INLINE F apply(F x) const {
    const F centred = Isa::sub(x, mean);
    return Isa::mul(centred, centred);
  }
};

// x[i ...], a whole vector or what is left of n.
template <typename Isa>
HEARTH_INLINE typename Isa::F load_at(const float* x, std::int64_t i, std::int64_t n) {
  return i + Isa::kRows <= n ? Isa::load(x + i) : load_some<Isa>(x + i, n - i, 0.0F);
}

// out = (x - mean) * factor (* weight) (+ bias)
template <typename Isa>
HEARTH_INLINE void normalize(const float* x, float mean, float factor, const float* weight, const float* bias,
                             std::int64_t n, float* out) {
  const auto centre = Isa::floats(mean);
  const auto by = Isa::floats(factor);
  for (std::int64_t i = 0; i < n; i += Isa::kRows) {
    auto value = Isa::mul(Isa::sub(load_at<Isa>(x, i, n), centre), by);
    if (weight != nullptr) {
      value = Isa::mul(value, load_at<Isa>(weight, i, n));
    }
    if (bias != nullptr) {
      value = Isa::add(value, load_at<Isa>(bias, i, n));
    }
    if (i + Isa::kRows <= n) {
      Isa::store(out + i, value);
    } else {
      store_some<Isa>(out + i, n - i, value);
    }
  }
}

template <typename Isa>
HEARTH_INLINE float inverse_root(float mean_square, float eps) {
  float lanes[Isa::kRows];
  Isa::store(lanes, Isa::sqrt(Isa::floats(mean_square + eps)));
  return 1.0F / lanes[0];
}

template <typename Isa>
void rms_norm(const float* x, const float* weight, float eps, std::int64_t n, float* out) {
  const float sum = sum_of<Isa>(SquareOp<Isa>{Isa::zero()}, x, n, 0.0F);
  normalize<Isa>(x, 0.0F, inverse_root<Isa>(sum / static_cast<float>(n), eps), weight, nullptr, n, out);
}

template <typename Isa>
void layer_norm(const float* x, const float* weight, const float* bias, float eps, std::int64_t n, float* out) {
  const float mean = sum_of<Isa>(SelfOp<Isa>{}, x, n, 0.0F) / static_cast<float>(n);
  const float sum = sum_of<Isa>(SquareOp<Isa>{Isa::floats(mean)}, x, n, mean);
  normalize<Isa>(x, mean, inverse_root<Isa>(sum / static_cast<float>(n), eps), weight, bias, n, out);
}

// NaN is never the maximum unless all values are.
template <typename Isa>
float max_value(const float* x, std::int64_t n) {
  const float least = -__builtin_inff();
  auto largest = Isa::floats(least);
  std::int64_t i = 0;
  for (; i + Isa::kRows <= n; i += Isa::kRows) {
    largest = Isa::max(Isa::load(x + i), largest);
  }
  if (i < n) {
    largest = Isa::max(load_some<Isa>(x + i, n - i, least), largest);
  }
  return Isa::max_of(largest);
}

// Σ exp(x - max): vectors reduced in fp32, their sums added in double, in order.
template <typename Isa>
double sum_exp(const float* x, float max, std::int64_t n) {
  const auto top = Isa::floats(max);
  double sum = 0;
  std::int64_t i = 0;
  for (; i + Isa::kRows <= n; i += Isa::kRows) {
    sum += static_cast<double>(Isa::sum(exp<Isa>(Isa::sub(Isa::load(x + i), top))));
  }
  if (i < n) {
    const auto rest = load_some<Isa>(x + i, n - i, -__builtin_inff());
    sum += static_cast<double>(Isa::sum(exp<Isa>(Isa::sub(rest, top))));
  }
  return sum;
}

// The lowest index of the maximum; 0 when every value is NaN.
template <typename Isa>
std::int64_t argmax(const float* x, std::int64_t n) {
  const float largest = max_value<Isa>(x, n);
  for (std::int64_t i = 0; i < n; ++i) {
    if (x[i] == largest) {
      return i;
    }
  }
  return 0;
}

}  // namespace hearth::kernels::generic
