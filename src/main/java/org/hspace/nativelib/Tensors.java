package org.hspace.nativelib;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Small conveniences for LibTorch tensors: who owns a result, and the way to and from Java's
 * arrays.
 */
public final class Tensors {
  private Tensors() {}

  /**
   * Runs a computation in a scope of its own, which frees everything made inside it but the result.
   * The result belongs to the caller's {@link PointerScope} when there is one; otherwise the caller
   * closes it.
   */
  public static Tensor scoped(Supplier<Tensor> computation) {
    Tensor result;
    try (PointerScope scope = new PointerScope()) {
      result = NativeCall.translating(computation);
      result.retainReference();
    }
    PointerScope outer = PointerScope.getInnerScope();
    if (outer != null) {
      outer.attach(result);
      result.releaseReference();
    }
    return result;
  }

  /** Options for a CPU tensor of the given type. */
  public static TensorOptions options(ScalarType type) {
    return new TensorOptions().dtype(new ScalarTypeOptional(type));
  }

  /** {@code factor · t}. */
  public static Tensor times(Tensor t, double factor) {
    return t.mul(new Scalar(factor));
  }

  /** {@code t + factor · other}. */
  public static Tensor plus(Tensor t, Tensor other, double factor) {
    return t.add(other, new Scalar(factor));
  }

  /** The tensors one after the other along an existing dimension. */
  public static Tensor cat(List<Tensor> tensors, int dimension) {
    return torch.cat(new TensorVector(tensors.toArray(new Tensor[0])), dimension);
  }

  /** The tensors one after the other along a new first dimension. */
  public static Tensor stack(List<Tensor> tensors) {
    return torch.stack(new TensorVector(tensors.toArray(new Tensor[0])));
  }

  /** Zeros on the CPU. */
  public static Tensor zeros(ScalarType type, long... shape) {
    return torch.zeros(shape, options(type));
  }

  /** A CPU tensor of doubles with the given shape, row-major. */
  public static Tensor of(double[] values, long... shape) {
    return Tensor.create(values, shape);
  }

  /** A CPU tensor of a matrix's rows, all of one length (rows, columns). */
  public static Tensor of(double[][] rows) {
    double[] values = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return of(values, rows.length, values.length / rows.length);
  }

  /** A CPU tensor of 64-bit integers (n). */
  public static Tensor of(long... values) {
    return Tensor.create(values, values.length);
  }

  /** The numbers as a C++ {@code std::vector<int64_t>}, of the enclosing scope. */
  public static LongVector longVector(int[] numbers) {
    return new LongVector(Arrays.stream(numbers).asLongStream().toArray());
  }

  /** The values as doubles, row-major, from any type and device. */
  public static double[] doubles(Tensor t) {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = t.cpu().to(ScalarType.Double).contiguous();
      double[] values = new double[Math.toIntExact(host.numel())];
      if (values.length > 0) {
        host.data_ptr_double().get(values);
      }
      return values;
    }
  }

  /** A matrix (rows, columns). */
  public static double[][] rows(Tensor matrix) {
    double[] values = doubles(matrix);
    int columns = (int) matrix.size(1);
    double[][] rows = new double[(int) matrix.size(0)][columns];
    for (int i = 0; i < values.length; i++) {
      rows[i / columns][i % columns] = values[i];
    }
    return rows;
  }

  /** The values as 64-bit integers, row-major, from any type and device. */
  public static long[] longs(Tensor t) {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = t.cpu().to(ScalarType.Long).contiguous();
      long[] values = new long[Math.toIntExact(host.numel())];
      if (values.length > 0) {
        host.data_ptr_long().get(values);
      }
      return values;
    }
  }

  /** The extents of a tensor. */
  public static long[] shape(Tensor t) {
    long[] shape = new long[(int) t.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = t.size(i);
    }
    return shape;
  }
}
