// Element-wise kernels over n floats: sums, activations, soft cap, rope.
//
// Instantiated by kernels/isa/<level>/vector.cpp; an operation is a class with apply(), so that one loop serves all.
#pragma once

#include "kernels/generic/math.h"
#include "kernels/kernel_table.h"

namespace hearth::kernels::generic {

// out[i] = op(a[i], b[i]); b may be a.
template <typename Isa, typename Op>
HEARTH_INLINE void for_each_pair(const Op& op, const float* a, const float* b, std::int64_t n, float* out) {
  std::int64_t i = 0;
  for (; i + Isa::kRows <= n; i += Isa::kRows) {
    Isa::store(out + i, op.apply(Isa::load(a + i), Isa::load(b + i)));
  }
  if (i < n) {
    store_some<Isa>(out + i, n - i, op.apply(load_some<Isa>(a + i, n - i, 0), load_some<Isa>(b + i, n - i, 0)));
  }
}

template <typename Isa>
struct AddOp {
  using F = typename Isa::F;
  HEARTH_INLINE F apply(F a, F b) const { return Isa::add(a, b); }
};

template <typename Isa>
struct MultiplyOp {
  using F = typename Isa::F;
  HEARTH_INLINE F apply(F a, F b) const { return Isa::mul(a, b); }
};

template <typename Isa>
struct ScaleOp {
  using F = typename Isa::F;
  F factor;
  HEARTH_INLINE F apply(F a, F) const { return Isa::mul(a, factor); }
};

template <typename Isa>
struct SoftcapOp {
  using F = typename Isa::F;
  F cap;
  HEARTH_INLINE F apply(F x, F) const { return Isa::mul(cap, tanh<Isa>(Isa::div(x, cap))); }
};

template <typename Isa>
struct AxpyOp {
  using F = typename Isa::F;
  F factor;
  HEARTH_INLINE F apply(F x, F y) const { return Isa::multiply_add(factor, x, y); }
};

template <typename Isa, Activation kActivation>
HEARTH_INLINE typename Isa::F activation(typename Isa::F x) {
  if constexpr (kActivation == Activation::kSilu) {
    return silu<Isa>(x);
  } else if constexpr (kActivation == Activation::kGeluTanh) {
    return gelu_tanh<Isa>(x);
  } else if constexpr (kActivation == Activation::kGeluErf) {
    return gelu_erf<Isa>(x);
  } else if constexpr (kActivation == Activation::kRelu) {
    return relu<Isa>(x);
  } else if constexpr (kActivation == Activation::kReluSquared) {
    return Isa::mul(relu<Isa>(x), relu<Isa>(x));
  } else if constexpr (kActivation == Activation::kSigmoid) {
    return sigmoid<Isa>(x);
  } else if constexpr (kActivation == Activation::kTanh) {
    return tanh<Isa>(x);
  } else {
    return exp<Isa>(x);
  }
}

template <typename Isa, Activation kActivation>
struct ActivateOp {
  using F = typename Isa::F;
  HEARTH_INLINE F apply(F x, F) const { return activation<Isa, kActivation>(x); }
};

template <typename Isa, Activation kActivation>
struct ActivateMultiplyOp {
  using F = typename Isa::F;
  HEARTH_INLINE F apply(F gate, F up) const { return Isa::mul(activation<Isa, kActivation>(gate), up); }
};

template <typename Isa>
void add(const float* a, const float* b, std::int64_t n, float* out) {
  for_each_pair<Isa>(AddOp<Isa>{}, a, b, n, out);
}

template <typename Isa>
void multiply(const float* a, const float* b, std::int64_t n, float* out) {
  for_each_pair<Isa>(MultiplyOp<Isa>{}, a, b, n, out);
}

// out[i] = a[i] + (b[i] - a[i]) * t[i]
template <typename Isa>
void lerp(const float* a, const float* b, const float* t, std::int64_t n, float* out) {
  std::int64_t i = 0;
  for (; i + Isa::kRows <= n; i += Isa::kRows) {
    const auto from = Isa::load(a + i);
    Isa::store(out + i, Isa::multiply_add(Isa::sub(Isa::load(b + i), from), Isa::load(t + i), from));
  }
  if (i < n) {
    const auto from = load_some<Isa>(a + i, n - i, 0);
    const auto step = Isa::sub(load_some<Isa>(b + i, n - i, 0), from);
    store_some<Isa>(out + i, n - i, Isa::multiply_add(step, load_some<Isa>(t + i, n - i, 0), from));
  }
}

template <typename Isa>
void scale(const float* x, float factor, std::int64_t n, float* out) {
  for_each_pair<Isa>(ScaleOp<Isa>{Isa::floats(factor)}, x, x, n, out);
}

template <typename Isa>
void softcap(const float* x, float cap, std::int64_t n, float* out) {
  for_each_pair<Isa>(SoftcapOp<Isa>{Isa::floats(cap)}, x, x, n, out);
}

template <typename Isa>
void axpy(float a, const float* x, std::int64_t n, float* y) {
  for_each_pair<Isa>(AxpyOp<Isa>{Isa::floats(a)}, x, y, n, y);
}

template <typename Isa>
void activate(Activation kind, const float* x, std::int64_t n, float* out) {
  switch (kind) {
    case Activation::kSilu:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kSilu>{}, x, x, n, out);
    case Activation::kGeluTanh:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kGeluTanh>{}, x, x, n, out);
    case Activation::kGeluErf:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kGeluErf>{}, x, x, n, out);
    case Activation::kRelu:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kRelu>{}, x, x, n, out);
    case Activation::kReluSquared:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kReluSquared>{}, x, x, n, out);
    case Activation::kSigmoid:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kSigmoid>{}, x, x, n, out);
    case Activation::kTanh:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kTanh>{}, x, x, n, out);
    case Activation::kExp:
      return for_each_pair<Isa>(ActivateOp<Isa, Activation::kExp>{}, x, x, n, out);
  }
}

template <typename Isa>
void activate_multiply(Activation kind, const float* gate, const float* up, std::int64_t n, float* out) {
  switch (kind) {
    case Activation::kSilu:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kSilu>{}, gate, up, n, out);
    case Activation::kGeluTanh:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kGeluTanh>{}, gate, up, n, out);
    case Activation::kGeluErf:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kGeluErf>{}, gate, up, n, out);
    case Activation::kRelu:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kRelu>{}, gate, up, n, out);
    case Activation::kReluSquared:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kReluSquared>{}, gate, up, n, out);
    case Activation::kSigmoid:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kSigmoid>{}, gate, up, n, out);
    case Activation::kTanh:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kTanh>{}, gate, up, n, out);
    case Activation::kExp:
      return for_each_pair<Isa>(ActivateMultiplyOp<Isa, Activation::kExp>{}, gate, up, n, out);
  }
}

// Rotates one head in place: (a, b) -> (a cos - b sin, b cos + a sin), every operation rounded on its own.
template <typename Isa>
void rope(float* head, const RopeRow& row) {
  const std::int32_t half = row.n_rotated / 2;
  if (row.interleaved) {
    for (std::int32_t i = 0; i < half; ++i) {
      const float a = head[2 * i];
      const float b = head[2 * i + 1];
      head[2 * i] = a * row.cos[i] - b * row.sin[i];
      head[2 * i + 1] = b * row.cos[i] + a * row.sin[i];
    }
    return;
  }
  std::int32_t i = 0;
  for (; i + Isa::kRows <= half; i += Isa::kRows) {
    const auto a = Isa::load(head + i);
    const auto b = Isa::load(head + half + i);
    const auto c = Isa::load(row.cos + i);
    const auto s = Isa::load(row.sin + i);
    Isa::store(head + i, Isa::sub(Isa::mul(a, c), Isa::mul(b, s)));
    Isa::store(head + half + i, Isa::add(Isa::mul(b, c), Isa::mul(a, s)));
  }
  for (; i < half; ++i) {
    const float a = head[i];
    const float b = head[half + i];
    head[i] = a * row.cos[i] - b * row.sin[i];
    head[half + i] = b * row.cos[i] + a * row.sin[i];
  }
}

}  // namespace hearth::kernels::generic
