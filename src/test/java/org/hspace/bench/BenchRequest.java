package org.hspace.bench;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.annotations.SerializedName;
import org.hspace.HspaceException;
import org.hspace.OneLine;

/**
 * One workload, as read from a line of JSON; what a workload does not need is absent.
 *
 * @param workload info, forward, sample, edit, invert, pca or jacobian
 * @param batch rows of one network pass; 0 for the engine's own choice
 * @param repeat network passes of {@code forward}
 * @param steps inference steps T
 * @param eta η of all steps
 * @param seeds seeds of {@code sample}
 * @param seed seed of the one image of {@code edit} and {@code jacobian}
 * @param strengths of each direction of {@code edit}
 * @param directions direction file of {@code edit}
 * @param asymmetric whether {@code edit} injects into P_t only
 * @param trajectory trajectory file of {@code invert}, of whose rows the first x_0 is inverted
 * @param samples n of {@code pca}
 * @param components k of {@code pca}
 * @param scope timestep or trajectory, of {@code pca}
 * @param vectors k of {@code jacobian}
 * @param tolerance of {@code jacobian}'s residuals
 * @param maxProducts pairs of products a timestep at most
 * @param solver krylov or power
 * @param stepIndices steps of {@code jacobian}; absent for all
 * @param mask whether {@code jacobian} sees only the middle quarter of the image
 * @param save file to write the result to, or absent
 */
record BenchRequest(
    String workload,
    int batch,
    int repeat,
    int steps,
    double eta,
    long[] seeds,
    long seed,
    double[] strengths,
    String directions,
    boolean asymmetric,
    String trajectory,
    int samples,
    int components,
    String scope,
    int vectors,
    double tolerance,
    @SerializedName("max_products") int maxProducts,
    String solver,
    @SerializedName("step_indices") int[] stepIndices,
    boolean mask,
    String save) {
  private static final Gson GSON = new Gson();

  /**
   * Reads a request.
   *
   * @throws HspaceException when it is not one
   */
  static BenchRequest parse(String line) {
    try {
      BenchRequest request = GSON.fromJson(line, BenchRequest.class);
      if (request != null && request.workload != null) return request;
    } catch (JsonParseException e) {
      throw new HspaceException("request: not JSON: " + OneLine.first(e), e);
    }
    throw new HspaceException("request: expected an object with \"workload\", found " + line);
  }
}
