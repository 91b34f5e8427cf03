#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace hspace {

// What the solvers do with batches of vectors: norms, orthogonalisation, random starts, signs.

// Product of the extents of a shape.
int64_t size_of(const std::vector<int64_t>& shape);

// Rounding of the type: 2^-23 or 2^-52.
double rounding(const at::TensorOptions& options);

// Euclidean norms of the rows of w (n, d), summed in double precision.
std::vector<double> norms(const at::Tensor& w);

// Takes the components along an orthonormal basis out of w, in place, twice: a second pass of
// classical Gram-Schmidt leaves them at rounding (Giraud et al. 2005, "twice is enough").
// w (n, d), contiguous; basis (n, j, d), rows orthonormal → the coefficients taken out (n, j),
// float64, CPU
at::Tensor orthogonalize(at::Tensor w, const at::Tensor& basis);

// A random vector's place among all that a solver draws.
struct Draw {
  int64_t seed;      // the user's
  int64_t identity;  // of the problem
  int64_t number;    // 0 is the start, above it what goes on in place of a basis vector
};

// d numbers, uniform in [-1, 1): entry i is (x_i >> 11) 2^-52 - 1, with x_i the i-th number of
// std::mt19937_64 seeded by a std::seed_seq of the low and high 32 bits of seed, identity and
// number. The C++ standard defines both, and the rest is exact: the same on every machine.
// (1, d)
at::Tensor random_vector(const Draw& draw, int64_t d, const at::TensorOptions& options);

// Rows of t (k, d), orthonormal in double precision, each keeping its direction.
at::Tensor orthonormal(const at::Tensor& t);

// max |T Tᵀ - I| of the rows of t (k, d), in double precision.
double orthogonality(const at::Tensor& t);

// Turns each pair of rows of u (k, dOut) and v (k, d), in place, so that v's entry of largest
// magnitude is positive, of several such the first.
void fix_signs(at::Tensor u, at::Tensor v);

}  // namespace hspace
