package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/** A map whose matrices are written down, so that a dense SVD can judge the solvers. */
final class DenseMap implements LinearMap {
  private final Tensor matrices; // (P, m, n)
  long applied; // vectors that went through either product

  DenseMap(Tensor matrices) {
    this.matrices = matrices;
  }

  @Override
  public int problems() {
    return (int) matrices.size(0);
  }

  @Override
  public long[] domain() {
    return new long[] {matrices.size(2)};
  }

  @Override
  public long[] codomain() {
    return new long[] {matrices.size(1)};
  }

  @Override
  public TensorOptions options() {
    return matrices.options();
  }

  @Override
  public Tensor apply(Tensor v, int[] problem) {
    return product(matrices, v, problem);
  }

  @Override
  public Tensor applyTranspose(Tensor u, int[] problem) {
    return product(matrices.transpose(1, 2), u, problem);
  }

  private Tensor product(Tensor all, Tensor x, int[] problem) {
    applied += problem.length;
    try (PointerScope scope = new PointerScope()) {
      Tensor chosen = all.index_select(0, tensor(problem));
      return bmm(chosen, x.unsqueeze(2)).squeeze(2).retainReference();
    }
  }
}
