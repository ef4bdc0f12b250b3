// Functions of one vector, and loads and stores of part of a vector. No include guard: read once per instruction set,
// inside its namespace.

/// e^x, about 1 ulp; 0 below -87.33, about 2.4e38 at 88.37 and above; NaN stays NaN. exp(0) is exactly 1.
/// Range reduction to |r| <= ln2 / 2, then the classic minimax polynomial of degree 7.
inline F exp(F x) {
  const F clamped = max(set1(-87.33f), min(set1(88.37f), x));
  const F n = round(mul(clamped, set1(1.44269504088896341f)));
  F r = fma(n, set1(-0.693359375f), clamped);
  r = fma(n, set1(2.12194440e-4f), r);
  F p = fma(set1(1.9875691500e-4f), r, set1(1.3981999507e-3f));
  p = fma(p, r, set1(8.3334519073e-3f));
  p = fma(p, r, set1(4.1665795894e-2f));
  p = fma(p, r, set1(1.6666665459e-1f));
  p = fma(p, r, set1(5.0000001201e-1f));
  p = add(fma(p, mul(r, r), r), set1(1.0f));
  return select_less(x, set1(-87.33f), zero(), mul(p, pow2(n)));
}

/// erf(x), error below 1e-7. |x| < 1: odd polynomial; else 1 - exp(-p(|x|)). Fitted with Chebyshev nodes, weighted so
/// that the error of erf itself is level.
inline F erf(F x) {
  const F a = min(set1(4.0f), abs(x));
  const F t = mul(a, a);
  F small = fma(set1(7.889119297033176e-05f), t, set1(-0.0008020841050893068f));
  small = fma(small, t, set1(0.005189535208046436f));
  small = fma(small, t, set1(-0.026854444295167923f));
  small = fma(small, t, set1(0.11283600330352783f));
  small = fma(small, t, set1(-0.3761262595653534f));
  small = mul(fma(small, t, set1(1.1283791065216064f)), a);
  F p = fma(set1(2.168685750802979e-05f), a, set1(-0.00044133648043498397f));
  p = fma(p, a, set1(0.004204562399536371f));
  p = fma(p, a, set1(-0.025208259001374245f));
  p = fma(p, a, set1(0.10841857641935349f));
  p = fma(p, a, set1(0.6332198977470398f));
  p = fma(p, a, set1(1.1295784711837769f));
  p = fma(p, a, set1(-0.00018804056162480265f));
  const F large = sub(set1(1.0f), exp(sub(zero(), p)));
  return sign_of(select_less(a, set1(1.0f), small, large), x);
}

/// x / (1 + e^-x)
inline F silu(F x) { return div(x, add(set1(1.0f), exp(sub(zero(), x)))); }

inline F activate(Activation activation, F x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::gelu: return mul(mul(set1(0.5f), x), add(set1(1.0f), erf(mul(x, set1(0.70710678118654752f)))));
    case Activation::gelu_tanh: {  // (1 + tanh u) / 2 = 1 / (1 + e^-2u)
      const F u = mul(set1(0.79788456080286536f), fma(mul(mul(set1(0.044715f), x), x), x, x));
      return div(x, add(set1(1.0f), exp(mul(set1(-2.0f), u))));
    }
    case Activation::quick_gelu: return div(x, add(set1(1.0f), exp(mul(set1(-1.702f), x))));
  }
  return x;
}

/// The first n < kWidth values, zeros after.
template <typename T>
inline F load_part(const T* p, int64_t n) {
  T values[kWidth] = {};
  for (int64_t i = 0; i < n; ++i) values[i] = p[i];
  return load(values);
}

template <typename T>
inline void store_part(T* p, F v, int64_t n) {
  T values[kWidth];
  store(values, v);
  for (int64_t i = 0; i < n; ++i) p[i] = values[i];
}

/// `v` rounded to T and widened again.
inline F rounded(const float*, F v) { return v; }
template <typename T>
inline F rounded(const T*, F v) {
  T values[kWidth];
  store(values, v);
  return load(values);
}

/// Calls body(T*) with a null pointer of the type's element.
template <typename Body>
inline void with_type(DType type, Body body) {
  switch (type) {
    case DType::bf16: body(static_cast<const BFloat16*>(nullptr)); break;
    case DType::f16: body(static_cast<const Float16*>(nullptr)); break;
    default: body(static_cast<const float*>(nullptr)); break;
  }
}

template <typename T>
inline const T* at(const View& view, int64_t row) {
  return static_cast<const T*>(view.data) + row * view.stride;
}
template <typename T>
inline T* mutable_at(const View& view, int64_t row) {
  return static_cast<T*>(view.data) + row * view.stride;
}
