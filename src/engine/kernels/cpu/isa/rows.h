// Norms and element-wise work on rows: memory bound. Sums are kWidth partial sums (a function of the row width alone).
// No include guard: read once per instruction set.

template <typename T>
inline F load_up_to(const T* p, int64_t left) {
  return left >= kWidth ? load(p) : load_part(p, left);
}
template <typename T>
inline void store_up_to(T* p, F v, int64_t left) {
  if (left >= kWidth) {
    store(p, v);
  } else {
    store_part(p, v, left);
  }
}

void widen(const void* source, DType type, int64_t count, float* out) {
  with_type(type, [&](auto* tag) {
    const auto* from = static_cast<decltype(tag)>(source);
    for (int64_t c = 0; c < count; c += kWidth) store_up_to(out + c, load_up_to(from + c, count - c), count - c);
  });
}

void narrow(const float* source, int64_t count, DType type, void* out) {
  with_type(type, [&](auto* tag) {
    auto* to = static_cast<std::remove_cvref_t<decltype(*tag)>*>(out);
    for (int64_t c = 0; c < count; c += kWidth) store_up_to(to + c, load_up_to(source + c, count - c), count - c);
  });
}

// out = round(weight * round(x / sqrt(mean(x^2) + eps))), over as many columns as the weight has; they are read twice, the
// second time from L1.
void rms_norm(const View& x, const View& weight, float eps, const View& out) {
  with_type(x.dtype, [&](auto* tag) {
    using T = std::remove_cvref_t<decltype(*tag)>;
    const T* w = at<T>(weight, 0);
    const int64_t n = weight.cols;
    for (int64_t r = 0; r < x.rows; ++r) {
      for (int64_t first = 0; first < x.cols; first += n) {
        const T* from = at<T>(x, r) + first;
        T* to = mutable_at<T>(out, r) + first;
        F squares = zero();
        for (int64_t c = 0; c < n; c += kWidth) {
          const F v = load_up_to(from + c, n - c);
          squares = fma(v, v, squares);
        }
        const float mean = sum(squares) / static_cast<float>(n);
        const F scale = set1(1.0f / __builtin_sqrtf(mean + eps));
        for (int64_t c = 0; c < n; c += kWidth) {
          const F v = rounded(from, mul(load_up_to(from + c, n - c), scale));
          store_up_to(to + c, mul(load_up_to(w + c, n - c), v), n - c);
        }
      }
    }
  });
}

// out = round((x - mean) / sqrt(var + eps) * weight + bias); mean, then squared distances, then the result.
void layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) {
  with_type(x.dtype, [&](auto* tag) {
    using T = std::remove_cvref_t<decltype(*tag)>;
    const T* w = at<T>(weight, 0);
    const T* b = at<T>(bias, 0);
    const int64_t n = x.cols;
    for (int64_t r = 0; r < x.rows; ++r) {
      const T* from = at<T>(x, r);
      T* to = mutable_at<T>(out, r);
      F total = zero();
      for (int64_t c = 0; c < n; c += kWidth) total = add(total, load_up_to(from + c, n - c));
      const float mean = sum(total) / static_cast<float>(n);
      F squares = zero();
      int64_t c = 0;
      for (; c + kWidth <= n; c += kWidth) {
        const F d = sub(load(from + c), set1(mean));
        squares = fma(d, d, squares);
      }
      float rest = 0.0f;
      for (; c < n; ++c) {
        const float d = load_float(from, x.dtype, c) - mean;
        rest += d * d;
      }
      const float variance = (sum(squares) + rest) / static_cast<float>(n);
      const F scale = set1(1.0f / __builtin_sqrtf(variance + eps));
      for (c = 0; c < n; c += kWidth) {
        const F v = mul(sub(load_up_to(from + c, n - c), set1(mean)), scale);
        store_up_to(to + c, add(mul(v, load_up_to(w + c, n - c)), load_up_to(b + c, n - c)), n - c);
      }
    }
  });
}

// out[c] = round(round(silu(x[c])) * x[width + c])
void silu_mul(const View& x, const View& out) {
  with_type(x.dtype, [&](auto* tag) {
    using T = std::remove_cvref_t<decltype(*tag)>;
    const int64_t n = out.cols;
    for (int64_t r = 0; r < x.rows; ++r) {
      const T* gate = at<T>(x, r);
      const T* up = gate + n;
      T* to = mutable_at<T>(out, r);
      for (int64_t c = 0; c < n; c += kWidth) {
        const F g = rounded(gate, silu(load_up_to(gate + c, n - c)));
        store_up_to(to + c, mul(g, load_up_to(up + c, n - c)), n - c);
      }
    }
  });
}

void add_row(const void* a, const void* b, DType type, int64_t count, void* out) {
  with_type(type, [&](auto* tag) {
    const auto* x = static_cast<decltype(tag)>(a);
    const auto* y = static_cast<decltype(tag)>(b);
    auto* to = static_cast<std::remove_cvref_t<decltype(*tag)>*>(out);
    for (int64_t c = 0; c < count; c += kWidth) {
      store_up_to(to + c, add(load_up_to(x + c, count - c), load_up_to(y + c, count - c)), count - c);
    }
  });
}

// y[i] = round(x[i] cos[i] - x[i + size/2] sin[i]);  y[i + size/2] = round(x[i + size/2] cos[i] + x[i] sin[i]).
// In place when out is x and out_stride is size.
void rope_row(const void* x, const void* cos, const void* sin, DType type, int64_t heads, int64_t size, void* out,
              int64_t out_stride) {
  with_type(type, [&](auto* tag) {
    using T = std::remove_cvref_t<decltype(*tag)>;
    const T* c = static_cast<const T*>(cos);
    const T* s = static_cast<const T*>(sin);
    const int64_t half = size / 2;
    for (int64_t h = 0; h < heads; ++h) {
      const T* from = static_cast<const T*>(x) + h * size;
      T* to = static_cast<T*>(out) + h * out_stride;
      for (int64_t i = 0; i < half; i += kWidth) {
        const int64_t left = half - i;
        const F a = load_up_to(from + i, left);
        const F b = load_up_to(from + half + i, left);
        const F cv = load_up_to(c + i, left);
        const F sv = load_up_to(s + i, left);
        store_up_to(to + i, sub(mul(a, cv), mul(b, sv)), left);
        store_up_to(to + half + i, add(mul(b, cv), mul(a, sv)), left);
      }
    }
  });
}
