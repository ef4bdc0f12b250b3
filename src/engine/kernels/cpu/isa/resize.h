// The two passes of Pillow's bicubic resize on 8-bit RGB, in its fixed point (22 fraction bits): every instruction set
// gives the same bytes. A weight is high * 2^11 + low, so that pairs of taps multiply as 16-bit integers; the sums of
// |weight| * 255 stay below 2^31. No include guard: read once per instruction set.

inline uint8_t to_byte(int32_t high, int32_t low) {
  // Unsigned: the parts of very long kernels may pass 2^31 before they meet.
  const auto sum = static_cast<uint32_t>(high) * 2048u + static_cast<uint32_t>(low) + (1u << 21);
  const int32_t value = static_cast<int32_t>(sum) >> 22;
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

#if LLAVA_ISA_AVX2

/// w0 w1 eight times.
inline __m256i two_weights(const int16_t* w) {
  int32_t two;
  __builtin_memcpy(&two, w, sizeof two);
  return _mm256_set1_epi32(two);
}

// Two rows at a time, one per lane; four taps from one load: R0 R1 G0 G1 B0 B1, then R2 R3 G2 G3 B2 B3.
void resize_rows(const ResizeAxis& axis, const uint8_t* first, const uint8_t* second, uint8_t* first_out,
                 uint8_t* second_out) {
  const __m256i taps01 =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i taps23 =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
  const __m256i half = _mm256_set1_epi32(1 << 21);
  for (int32_t i = 0; i < axis.outputs; ++i) {
    const int64_t from = axis.first[i] * int64_t{3};
    const int16_t* high = axis.high + i * int64_t{axis.taps};
    const int16_t* low = axis.low + i * int64_t{axis.taps};
    __m256i h = _mm256_setzero_si256();
    __m256i l = half;
    for (int32_t t = 0; t < axis.taps; t += 4) {
      const auto at = [&](const uint8_t* row) { return reinterpret_cast<const __m128i*>(row + from + t * 3); };
      const __m256i bytes =
          _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(at(first))), _mm_loadu_si128(at(second)), 1);
      const __m256i a = _mm256_shuffle_epi8(bytes, taps01);
      const __m256i b = _mm256_shuffle_epi8(bytes, taps23);
      h = _mm256_add_epi32(h, _mm256_madd_epi16(a, two_weights(high + t)));
      l = _mm256_add_epi32(l, _mm256_madd_epi16(a, two_weights(low + t)));
      h = _mm256_add_epi32(h, _mm256_madd_epi16(b, two_weights(high + t + 2)));
      l = _mm256_add_epi32(l, _mm256_madd_epi16(b, two_weights(low + t + 2)));
    }
    __m256i value = _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(h, 11), l), 22);
    value = _mm256_packs_epi32(value, value);
    value = _mm256_packus_epi16(value, value);
    const int32_t pixels[2] = {_mm_cvtsi128_si32(_mm256_castsi256_si128(value)),
                               _mm_cvtsi128_si32(_mm256_extracti128_si256(value, 1))};
    // Four bytes, the fourth is overwritten by the next pixel.
    const size_t bytes = i + 1 < axis.outputs ? 4 : 3;
    __builtin_memcpy(first_out + i * int64_t{3}, &pixels[0], bytes);
    __builtin_memcpy(second_out + i * int64_t{3}, &pixels[1], bytes);
  }
}

// Sixteen bytes at a time, two rows per multiplication.
void resize_column(const ResizeAxis& axis, int32_t output, const uint8_t* rows, int64_t stride, int32_t valid,
                   int64_t bytes, uint8_t* out) {
  const int16_t* high = axis.high + output * int64_t{axis.taps};
  const int16_t* low = axis.low + output * int64_t{axis.taps};
  int64_t c = 0;
  for (; c + 16 <= bytes; c += 16) {
    __m256i h0 = _mm256_setzero_si256(), h1 = h0, l0 = h0, l1 = h0;
    for (int32_t t = 0; t < valid; t += 2) {
      const uint8_t* a = rows + t * stride + c;
      const uint8_t* b = t + 1 < valid ? a + stride : a;
      const __m256i x = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)));
      const __m256i y = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
      const __m256i first = _mm256_unpacklo_epi16(x, y);
      const __m256i second = _mm256_unpackhi_epi16(x, y);
      const __m256i wh = two_weights(high + t);
      const __m256i wl = two_weights(low + t);
      h0 = _mm256_add_epi32(h0, _mm256_madd_epi16(first, wh));
      h1 = _mm256_add_epi32(h1, _mm256_madd_epi16(second, wh));
      l0 = _mm256_add_epi32(l0, _mm256_madd_epi16(first, wl));
      l1 = _mm256_add_epi32(l1, _mm256_madd_epi16(second, wl));
    }
    const __m256i half = _mm256_set1_epi32(1 << 21);
    const __m256i s0 = _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(h0, 11), l0), half), 22);
    const __m256i s1 = _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(h1, 11), l1), half), 22);
    const __m256i words = _mm256_packs_epi32(s0, s1);  // unpack and pack both work lane by lane: order restored
    const __m128i packed = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + c), packed);
  }
  for (; c < bytes; ++c) {
    int32_t h = 0;
    int32_t l = 0;
    for (int32_t t = 0; t < valid; ++t) {
      h += high[t] * rows[t * stride + c];
      l += low[t] * rows[t * stride + c];
    }
    out[c] = to_byte(h, l);
  }
}

// Sixteen pixels at a time: every output plane gathers its bytes from three vectors.
void split_rgb(const uint8_t* rgb, int64_t pixels, uint8_t* red, uint8_t* green, uint8_t* blue) {
  alignas(16) uint8_t pick[3][3][16];  // [plane][vector][byte]
  for (int plane = 0; plane < 3; ++plane) {
    for (int vector = 0; vector < 3; ++vector) {
      for (int i = 0; i < 16; ++i) {
        const int at = 3 * i + plane - 16 * vector;
        pick[plane][vector][i] = static_cast<uint8_t>(at >= 0 && at < 16 ? at : 0x80);
      }
    }
  }
  uint8_t* const planes[3] = {red, green, blue};
  int64_t x = 0;
  for (; x + 16 <= pixels; x += 16) {
    __m128i v[3];
    for (int i = 0; i < 3; ++i) v[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rgb + 3 * x + 16 * i));
    for (int plane = 0; plane < 3; ++plane) {
      __m128i out = _mm_setzero_si128();
      for (int i = 0; i < 3; ++i) {
        out =
            _mm_or_si128(out, _mm_shuffle_epi8(v[i], _mm_load_si128(reinterpret_cast<const __m128i*>(pick[plane][i]))));
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(planes[plane] + x), out);
    }
  }
  for (; x < pixels; ++x) {
    for (int plane = 0; plane < 3; ++plane) planes[plane][x] = rgb[3 * x + plane];
  }
}

#else

void split_rgb(const uint8_t* rgb, int64_t pixels, uint8_t* red, uint8_t* green, uint8_t* blue) {
  for (int64_t x = 0; x < pixels; ++x) {
    red[x] = rgb[3 * x];
    green[x] = rgb[3 * x + 1];
    blue[x] = rgb[3 * x + 2];
  }
}

void resize_rows(const ResizeAxis& axis, const uint8_t* first, const uint8_t* second, uint8_t* first_out,
                 uint8_t* second_out) {
  const uint8_t* const in[2] = {first, second};
  uint8_t* const out[2] = {first_out, second_out};
  for (int row = 0; row < 2; ++row) {
    for (int32_t i = 0; i < axis.outputs; ++i) {
      const uint8_t* from = in[row] + axis.first[i] * int64_t{3};
      const int16_t* high = axis.high + i * int64_t{axis.taps};
      const int16_t* low = axis.low + i * int64_t{axis.taps};
      int32_t h[3] = {};
      int32_t l[3] = {};
      for (int32_t t = 0; t < axis.taps; ++t) {
        for (int c = 0; c < 3; ++c) {
          h[c] += high[t] * from[t * 3 + c];
          l[c] += low[t] * from[t * 3 + c];
        }
      }
      for (int c = 0; c < 3; ++c) out[row][i * int64_t{3} + c] = to_byte(h[c], l[c]);
    }
  }
}

void resize_column(const ResizeAxis& axis, int32_t output, const uint8_t* rows, int64_t stride, int32_t valid,
                   int64_t bytes, uint8_t* out) {
  const int16_t* high = axis.high + output * int64_t{axis.taps};
  const int16_t* low = axis.low + output * int64_t{axis.taps};
  for (int64_t c = 0; c < bytes; ++c) {
    int32_t h = 0;
    int32_t l = 0;
    for (int32_t t = 0; t < valid; ++t) {
      h += high[t] * rows[t * stride + c];
      l += low[t] * rows[t * stride + c];
    }
    out[c] = to_byte(h, l);
  }
}

#endif
