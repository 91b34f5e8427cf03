#include "kernels/attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "kernels/expect.h"
#include "kernels/vector_math.h"

namespace hspace {
namespace {

constexpr int64_t kRows = 8;      // queries of a tile
constexpr int64_t kLanes = 16;    // floats in a vector
constexpr int64_t kColumns = 32;  // columns of a tile: two vectors

// Queries of a task, and bytes of keys and values that it goes through at a time: those stay in the
// second cache while the queries pass by.
constexpr int64_t kMostQueries = 64;
constexpr int64_t kBlockBytes = 512 << 10;
// Bytes of packed keys and values.
constexpr int64_t kPackedBytes = 32 << 20;

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), aligned(4)));

int64_t round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// c = a b, or c += a b, for one tile of kRows x kColumns, its sums in registers.
// a (kRows, depth) with its row stride, b (depth, kColumns) contiguous, c (kRows, kColumns) with
// its row stride
HSPACE_MULTIVERSION void multiply_tile(const float* a, int64_t a_stride, const float* b,
                                       int64_t depth, float* c, int64_t c_stride, bool add) {
  Vector sum[kRows][2] = {};
  if (add) {
#pragma GCC unroll 8
    for (int64_t r = 0; r < kRows; ++r) {
      sum[r][0] = *reinterpret_cast<const Vector*>(c + r * c_stride);
      sum[r][1] = *reinterpret_cast<const Vector*>(c + r * c_stride + kLanes);
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    const Vector left = *reinterpret_cast<const Vector*>(b + k * kColumns);
    const Vector right = *reinterpret_cast<const Vector*>(b + k * kColumns + kLanes);
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

// The largest of the first n of a row, and of `most`.
HSPACE_MULTIVERSION float largest(const float* s, int64_t n, float most) {
  const int64_t whole = n / kLanes * kLanes;
  float lanes[kLanes];
  for (int64_t l = 0; l < kLanes; ++l) lanes[l] = most;
  for (int64_t j = 0; j < whole; j += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] = s[j + l] > lanes[l] ? s[j + l] : lanes[l];
  }
  most = *std::max_element(lanes, lanes + kLanes);
  for (int64_t j = whole; j < n; ++j) most = std::max(most, s[j]);
  return most;
}

// e^(s - most) in place, over the first n of a row; returns the sum. Sums run in lanes, because the
// compiler may not reorder them by itself.
HSPACE_MULTIVERSION float exponentials(float* s, int64_t n, float most) {
  const int64_t whole = n / kLanes * kLanes;
  float sum[kLanes] = {};
  for (int64_t j = 0; j < n; ++j) s[j] = exponential(s[j] - most);
  for (int64_t j = 0; j < whole; j += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) sum[l] += s[j + l];
  }
  for (int64_t j = whole; j < n; ++j) sum[0] += s[j];
  float total = 0;
  for (int64_t l = 0; l < kLanes; ++l) total += sum[l];
  return total;
}

// A tensor (rows, positions, heads * width), channels side by side.
template <typename T>
struct Source {
  explicit Source(const at::Tensor& t)
      : data(static_cast<const T*>(t.const_data_ptr())),
        row_stride(t.size(0) == 1 ? 0 : t.stride(0)),
        stride(t.stride(1)) {}

  const T* at(int64_t row, int64_t position, int64_t channel) const {
    return data + row * row_stride + position * stride + channel;
  }

  const T* data;
  int64_t row_stride, stride;
};

// Sizes of one head, padded with zeros to whole tiles.
struct Shape {
  Shape(int64_t queries, int64_t keys, int64_t width)
      : queries(queries),
        keys(keys),
        width(width),
        columns(round_up(keys, kColumns)),
        value_columns(round_up(width, kColumns)),
        block(std::clamp<int64_t>(kBlockBytes / static_cast<int64_t>(sizeof(float)) /
                                      (width + value_columns) / kColumns * kColumns,
                                  256, columns > 256 ? columns : 256)) {}

  int64_t packed() const { return columns * (width + value_columns); }

  int64_t queries, keys, width;
  int64_t columns;        // of scores: the keys
  int64_t value_columns;  // of results: the width
  int64_t block;          // keys at a time
};

// The keys of a head as tiles (columns / 32, width, 32), behind them its values as tiles
// (value_columns / 32, columns, 32).
template <typename T>
void pack(const Shape& shape, const Source<T>& k, const Source<T>& v, int64_t row, int64_t channel,
          int64_t first, int64_t last, float* packed) {
  float* values = packed + shape.columns * shape.width;
  for (int64_t j = first; j < last; ++j) {
    float* key = packed + j / kColumns * kColumns * shape.width + j % kColumns;
    const T* source = k.at(row, j, channel);
    for (int64_t i = 0; i < shape.width; ++i)
      key[i * kColumns] = j < shape.keys ? load(source + i) : 0;
    float* value = values + j * kColumns;
    source = v.at(row, j, channel);
    for (int64_t i = 0; i < shape.value_columns; ++i) {
      const bool inside = j < shape.keys && i < shape.width;
      value[i / kColumns * shape.columns * kColumns + i % kColumns] = inside ? load(source + i) : 0;
    }
  }
}

// What a thread needs for its queries.
struct Scratch {
  explicit Scratch(const Shape& shape)
      : memory(at::zeros({kMostQueries * (shape.width + shape.value_columns) + kRows * shape.block},
                         at::TensorOptions(at::kFloat))),
        sums(static_cast<float*>(memory.data_ptr())),
        scores(sums + kMostQueries * shape.value_columns),
        queries(scores + kRows * shape.block) {}

  at::Tensor memory;           // aligned to cache lines
  float* sums;                 // (kMostQueries, value_columns)
  float* scores;               // (kRows, block)
  float* queries;              // (kMostQueries, width)
  float most[kMostQueries];    // the largest score so far
  float totals[kMostQueries];  // sums of e^(score - most)
};

// Scores of kRows queries against keys [first, last) of a block, and what they add to the sums.
void attend_tile(const Shape& shape, const float* packed, int64_t first, int64_t last, int64_t row,
                 Scratch& scratch) {
  const int64_t columns = round_up(last - first, kColumns);
  float* scores = scratch.scores;
  for (int64_t j = 0; j < columns; j += kColumns) {
    multiply_tile(scratch.queries + row * shape.width, shape.width,
                  packed + (first + j) * shape.width, shape.width, scores + j, columns, false);
  }
  float* sums = scratch.sums + row * shape.value_columns;
  for (int64_t r = 0; r < kRows; ++r) {
    float* s = scores + r * columns;
    float& most = scratch.most[row + r];
    const float now = first == 0 ? largest(s, last - first, s[0]) : largest(s, last - first, most);
    const float total = exponentials(s, last - first, now);
    if (first == 0) {
      scratch.totals[row + r] = total;
    } else {
      const float shrunk = exponential(most - now);
      scratch.totals[row + r] = scratch.totals[row + r] * shrunk + total;
      for (int64_t i = 0; i < shape.value_columns; ++i) sums[r * shape.value_columns + i] *= shrunk;
    }
    most = now;
  }
  const float* values = packed + shape.columns * shape.width;
  for (int64_t i = 0; i < shape.value_columns; i += kColumns) {
    multiply_tile(scores, columns, values + i * shape.columns + first * kColumns, columns, sums + i,
                  shape.value_columns, first != 0);
  }
}

// The results of queries [first, last), at most kMostQueries.
template <typename T>
void attend(const Shape& shape, const float* packed, const Source<T>& q, int64_t row,
            int64_t channel, int64_t first, int64_t last, Scratch& scratch, T* out,
            int64_t out_stride) {
  const float scale = 1 / std::sqrt(static_cast<float>(shape.width));
  for (int64_t j = first; j < last; ++j) {
    const T* source = q.at(row, j, channel);
    float* query = scratch.queries + (j - first) * shape.width;
    for (int64_t i = 0; i < shape.width; ++i) query[i] = load(source + i) * scale;
  }
  for (int64_t key = 0; key < shape.keys; key += shape.block) {
    const int64_t end = std::min(shape.keys, key + shape.block);
    for (int64_t r = 0; r < last - first; r += kRows)
      attend_tile(shape, packed, key, end, r, scratch);
  }
  for (int64_t j = 0; j < last - first; ++j) {
    const float* sums = scratch.sums + j * shape.value_columns;
    for (int64_t i = 0; i < shape.width; ++i)
      store(sums[i] / scratch.totals[j], out + (first + j) * out_stride + channel + i);
  }
}

template <typename T>
void run(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads,
         at::Tensor& out) {
  const Source<T> queries(q), keys(k), values(v);
  T* output = static_cast<T*>(out.data_ptr());
  const Shape shape(q.size(1), k.size(1), q.size(2) / heads);
  // Heads of all rows, a few at a time: their keys and values are packed, then read by all queries.
  const int64_t all = q.size(0) * heads, threads = at::get_num_threads();
  const int64_t packed_bytes = shape.packed() * static_cast<int64_t>(sizeof(float));
  const int64_t at_once = std::clamp<int64_t>(kPackedBytes / packed_bytes, 1, all);
  const int64_t shares = (threads + at_once - 1) / at_once;  // of a head's queries
  const int64_t some =
      std::clamp(round_up((shape.queries + shares - 1) / shares, kRows), kRows, kMostQueries);
  const int64_t tasks = (shape.queries + some - 1) / some, tiles = shape.columns / kColumns;
  const at::Tensor memory = at::empty({at_once * shape.packed()}, at::TensorOptions(at::kFloat));
  float* packed = static_cast<float*>(memory.data_ptr());
  for (int64_t begin = 0; begin < all; begin += at_once) {
    const int64_t count = std::min(at_once, all - begin);
    at::parallel_for(0, count * tiles, 1, [&](int64_t first, int64_t last) {
      for (int64_t task = first; task < last; ++task) {
        const int64_t head = task / tiles, tile = task % tiles * kColumns;
        pack(shape, keys, values, (begin + head) / heads, (begin + head) % heads * shape.width,
             tile, tile + kColumns, packed + head * shape.packed());
      }
    });
    at::parallel_for(0, count * tasks, 1, [&](int64_t first, int64_t last) {
      Scratch scratch(shape);
      for (int64_t task = first; task < last; ++task) {
        const int64_t head = task / tasks, query = task % tasks * some;
        const int64_t row = (begin + head) / heads;
        attend(shape, packed + head * shape.packed(), queries, row,
               (begin + head) % heads * shape.width, query, std::min(shape.queries, query + some),
               scratch, output + row * shape.queries * out.size(2), out.size(2));
      }
    });
  }
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads) {
  constexpr const char* kName = "attention";
  expect(kName, q.defined(), "queries");
  expect_fast_type(kName, q.scalar_type());
  expect(kName, q, {kAnySize, kAnySize, kAnySize}, q.scalar_type());
  expect(kName, k, {rows_of(k, q.size(0)), kAnySize, q.size(2)}, q.scalar_type());
  expect(kName, v, {k.size(0), k.size(1), q.size(2)}, q.scalar_type());
  for (const at::Tensor* t : {&q, &k, &v})
    expect(kName, t->stride(2) == 1 || t->size(2) == 1, "channels side by side");
  expect(kName, heads >= 1 && q.size(2) % heads == 0, "queries of whole heads");
  at::Tensor out = at::empty(q.sizes(), q.options());
  if (q.scalar_type() == at::kFloat) {
    run<float>(q, k, v, heads, out);
  } else {
    run<BFloat16Bits>(q, k, v, heads, out);
  }
  return out;
}

}  // namespace hspace
