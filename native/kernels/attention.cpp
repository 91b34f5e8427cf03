#include "kernels/attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/expect.h"
#include "kernels/vector_math.h"

namespace hspace {
namespace {

constexpr int64_t kRows = 8;      // queries taken together
constexpr int64_t kLanes = 16;    // floats in a vector
constexpr int64_t kColumns = 32;  // columns of a tile: two vectors

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), aligned(4)));

int64_t round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// c = a b for one tile of kRows x kColumns, its sums in registers.
// a (kRows, depth), b (depth, ...), c (kRows, ...), each with its row stride
HSPACE_INLINE void multiply_tile(const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                                 int64_t depth, float* c, int64_t c_stride) {
  Vector sum[kRows][2] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const Vector left = *reinterpret_cast<const Vector*>(b + k * b_stride);
    const Vector right = *reinterpret_cast<const Vector*>(b + k * b_stride + kLanes);
#pragma GCC unroll 8
    for (int64_t r = 0; r < kRows; ++r) {
      const float value = a[r * a_stride + k];
      sum[r][0] += value * left;
      sum[r][1] += value * right;
    }
  }
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
    *reinterpret_cast<Vector*>(c + r * c_stride) = sum[r][0];
    *reinterpret_cast<Vector*>(c + r * c_stride + kLanes) = sum[r][1];
  }
}

// c = a b.  a (kRows, depth), b (depth, columns), c (kRows, columns), contiguous; columns a
// multiple of kColumns
HSPACE_MULTIVERSION void multiply(const float* a, const float* b, int64_t depth, int64_t columns,
                                  float* c) {
  for (int64_t j = 0; j < columns; j += kColumns) {
    multiply_tile(a, depth, b + j, columns, depth, c + j, columns);
  }
}

// e^(s - max) in place, over the first n of a row; returns the sum. Maximum and sum run in lanes,
// because the compiler may not reorder them by itself.
HSPACE_MULTIVERSION float exponentials(float* s, int64_t n) {
  const int64_t whole = n / kLanes * kLanes;
  float most[kLanes], sum[kLanes] = {};
  for (int64_t l = 0; l < kLanes; ++l) most[l] = s[0];
  for (int64_t j = 0; j < whole; j += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) most[l] = s[j + l] > most[l] ? s[j + l] : most[l];
  }
  float largest = *std::max_element(most, most + kLanes);
  for (int64_t j = whole; j < n; ++j) largest = std::max(largest, s[j]);
  for (int64_t j = 0; j < n; ++j) s[j] = exponential(s[j] - largest);
  for (int64_t j = 0; j < whole; j += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) sum[l] += s[j + l];
  }
  for (int64_t j = whole; j < n; ++j) sum[0] += s[j];
  float total = 0;
  for (int64_t l = 0; l < kLanes; ++l) total += sum[l];
  return total;
}

// One head of one picture, in float32, padded with zeros to whole tiles.
struct Head {
  Head(int64_t positions, int64_t width)
      : positions(positions),
        width(width),
        columns(round_up(positions, kColumns)),
        value_columns(round_up(width, kColumns)),
        keys(width * columns),
        values(columns * value_columns),
        queries(kRows * width),
        scores(kRows * columns),
        sums(kRows * value_columns) {}

  // qkv: q of the first position; stride: from one position to the next; part: from q to k to v
  template <typename T>
  void read(const T* qkv, int64_t stride, int64_t part) {
    for (int64_t first = 0; first < positions; first += kLanes) {  // transposed in small blocks
      const int64_t last = std::min(positions, first + kLanes);
      for (int64_t i = 0; i < width; ++i) {
        for (int64_t j = first; j < last; ++j) {
          keys[i * columns + j] = load(qkv + j * stride + part + i);
        }
      }
    }
    for (int64_t j = 0; j < positions; ++j) {
      const T* v = qkv + j * stride + 2 * part;
      for (int64_t i = 0; i < width; ++i) values[j * value_columns + i] = load(v + i);
    }
  }

  // The results of positions [first, first + kRows), as far as there are that many.
  template <typename T>
  void attend(const T* qkv, int64_t stride, int64_t first, T* out, int64_t out_stride) {
    const int64_t rows = std::min(kRows, positions - first);
    const float scale = 1 / std::sqrt(static_cast<float>(width));
    for (int64_t r = 0; r < rows; ++r) {
      const T* q = qkv + (first + r) * stride;
      for (int64_t i = 0; i < width; ++i) queries[r * width + i] = load(q + i) * scale;
    }
    multiply(queries.data(), keys.data(), width, columns, scores.data());
    float totals[kRows];
    for (int64_t r = 0; r < rows; ++r) {
      totals[r] = exponentials(scores.data() + r * columns, positions);
    }
    multiply(scores.data(), values.data(), columns, value_columns, sums.data());
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < width; ++i) {
        store(sums[r * value_columns + i] / totals[r], out + (first + r) * out_stride + i);
      }
    }
  }

  int64_t positions, width, columns, value_columns;
  std::vector<float> keys;     // (width, columns): transposed
  std::vector<float> values;   // (columns, value_columns)
  std::vector<float> queries;  // (kRows, width)
  std::vector<float> scores;   // (kRows, columns)
  std::vector<float> sums;     // (kRows, value_columns)
};

template <typename T>
void run(const at::Tensor& qkv, int64_t heads, at::Tensor& out) {
  const int64_t batch = qkv.size(0), positions = qkv.size(1), stride = qkv.size(2);
  const int64_t inner = stride / 3, width = inner / heads;
  const T* input = static_cast<const T*>(qkv.const_data_ptr());
  T* output = static_cast<T*>(out.data_ptr());
  // Where there are fewer heads than threads, the queries of a head are shared out too.
  const int64_t all = batch * heads, blocks = (positions + kRows - 1) / kRows;
  const int64_t shares =
      std::max<int64_t>(1, std::min(blocks, (at::get_num_threads() + all - 1) / all));
  at::parallel_for(0, all * shares, 1, [&](int64_t begin, int64_t end) {
    Head head(positions, width);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / shares / heads, column = task / shares % heads * width;
      const T* q = input + row * positions * stride + column;
      if (task == begin || task % shares == 0) head.read(q, stride, inner);
      const int64_t share = task % shares;
      for (int64_t b = share * blocks / shares; b < (share + 1) * blocks / shares; ++b) {
        head.attend(q, stride, b * kRows, output + row * positions * inner + column, inner);
      }
    }
  });
}

}  // namespace

at::Tensor self_attention(const at::Tensor& qkv, int64_t heads) {
  constexpr const char* kName = "self_attention";
  expect(kName, qkv.defined() && qkv.is_contiguous(), "contiguous q, k and v");
  expect_fast_type(kName, qkv.scalar_type());
  expect(kName, qkv, {kAnySize, kAnySize, kAnySize}, qkv.scalar_type());
  expect(kName, heads >= 1 && qkv.size(2) % (3 * heads) == 0, "q, k and v of whole heads");
  at::Tensor out = at::empty({qkv.size(0), qkv.size(1), qkv.size(2) / 3}, qkv.options());
  if (qkv.scalar_type() == at::kFloat) {
    run<float>(qkv, heads, out);
  } else {
    run<BFloat16Bits>(qkv, heads, out);
  }
  return out;
}

}  // namespace hspace
