package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.linalg_qr;
import static org.bytedeco.pytorch.global.torch.linalg_vector_norm;

import java.util.Random;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;

/** What the solvers do with batches of vectors: norms, orthogonalisation, random starts. */
final class Vectors {
  private Vectors() {}

  /** Product of the extents of a shape. */
  static long size(long[] shape) {
    long size = 1;
    for (long extent : shape) size *= extent;
    return size;
  }

  /** {@code shape} with {@code n} in front. */
  static long[] batched(long n, long[] shape) {
    long[] result = new long[shape.length + 1];
    result[0] = n;
    System.arraycopy(shape, 0, result, 1, shape.length);
    return result;
  }

  /** Euclidean norms of the rows of w (n, d), summed in double precision. */
  static double[] norms(Tensor w) {
    Tensor norms =
        linalg_vector_norm(
            w, new Scalar(2.0), new long[] {1}, false, new ScalarTypeOptional(ScalarType.Double));
    return Tensors.doubles(norms);
  }

  /**
   * Takes the components along an orthonormal basis out of w, in place, twice: a second pass of
   * classical Gram-Schmidt leaves them at rounding (Giraud et al. 2005, "twice is enough").
   *
   * @param w (n, d)
   * @param basis (n, j, d), rows orthonormal
   * @return the coefficients taken out (n, j), row-major
   */
  static double[] orthogonalize(Tensor w, Tensor basis) {
    Tensor column = w.unsqueeze(2); // (n, d, 1), a view
    Tensor transposed = basis.transpose(1, 2); // (n, d, j)
    double[] total = null;
    for (int pass = 0; pass < 2; pass++) {
      Tensor coefficients = bmm(basis, column); // (n, j, 1)
      column.baddbmm_(transposed, coefficients, new Scalar(1.0), new Scalar(-1.0));
      double[] values = Tensors.doubles(coefficients);
      if (total == null) total = values;
      else for (int i = 0; i < values.length; i++) total[i] += values[i];
    }
    return total;
  }

  /** A standard normal vector (1, d), the same for the same seed and problem on every machine. */
  static Tensor random(long seed, long problem, long d, TensorOptions options) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L + problem);
    double[] values = new double[Math.toIntExact(d)];
    for (int i = 0; i < values.length; i++) values[i] = random.nextGaussian();
    return Tensor.create(values, 1, d).to(options, false, false, null);
  }

  /** Rows of t (k, d), orthonormal in double precision, each keeping its direction. */
  static Tensor orthonormal(Tensor t) {
    var qr = linalg_qr(t.to(ScalarType.Double).transpose(0, 1)); // q (d, k), r (k, k)
    Tensor signs = qr.get1().diagonal().sign(); // (k): QR may flip a column
    return qr.get0().mul(signs).transpose(0, 1).contiguous();
  }

  /** {@code max |T Tᵀ - I|} of the rows of t (k, d), in double precision. */
  static double orthogonality(Tensor t) {
    Tensor rows = t.to(ScalarType.Double); // (k, d)
    Tensor gram = rows.matmul(rows.transpose(0, 1)); // (k, k)
    return gram.sub(org.bytedeco.pytorch.global.torch.eye(t.size(0), gram.options()))
        .abs()
        .max()
        .item_double();
  }
}
