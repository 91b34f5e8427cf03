package org.hspace.spark;

import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.PcaSamples;
import org.hspace.linalg.IncrementalPca;
import org.hspace.linalg.PcaState;
import org.hspace.nativelib.Tensors;

/** The samples of a PCA, drawn by executors, wave after wave. */
final class SparkPcaSamples implements PcaSamples {
  private final Cluster cluster;
  private final EngineSpec spec;
  private final long[] seeds;

  SparkPcaSamples(Cluster cluster, EngineSpec spec, long[] seeds) {
    this.cluster = cluster;
    this.spec = spec;
    this.seeds = seeds;
  }

  @Override
  public List<Long> cut() {
    return List.of((long) cluster.options().range(), (long) cluster.options().wave());
  }

  @Override
  public List<String> machines() {
    return cluster.machines();
  }

  @Override
  public void addTo(IncrementalPca pca, Runnable afterSome) {
    while (pca.count() < seeds.length) {
      List<SeedSpan> wave = wave(Math.toIntExact(pca.count()));
      Analysis analysis =
          new Analysis(cluster, spec, pca.groups(), pca.dimension(), pca.capacity());
      PcaState sum =
          cluster.run(wave, tasks -> OrderedTree.merge(tasks.map(analysis), new Merging()));
      try (IncrementalPca part = IncrementalPca.of(sum)) {
        pca.merge(part);
      }
      afterSome.run();
    }
  }

  @Override
  public void score(int done, Tensor mean, Tensor filters, Consumer<Tensor> coordinates) {
    int k = Math.toIntExact(filters.size(1));
    Broadcast<double[]> means = cluster.broadcast(Tensors.doubles(mean));
    Broadcast<double[]> columns = cluster.broadcast(Tensors.doubles(filters));
    try {
      Scoring scoring = new Scoring(cluster, spec, means, columns, k);
      for (int first = done; first < seeds.length; ) {
        List<SeedSpan> wave = wave(first);
        List<double[]> found = cluster.run(wave, tasks -> tasks.map(scoring).collect());
        for (double[] part : found) {
          try (PointerScope scope = new PointerScope()) {
            coordinates.accept(Tensors.of(part, part.length / k, k));
          }
          first += part.length / k;
        }
      }
    } finally {
      means.destroy();
      columns.destroy();
    }
  }

  private List<SeedSpan> wave(int first) {
    return SeedSpan.cut(seeds, first, cluster.options().range(), cluster.options().wave());
  }

  /** A task of the first pass. */
  private static final class Analysis implements Function<SeedSpan, PcaState> {
    private final Cluster.Visited visited;
    private final EngineSpec spec;
    private final int groups;
    private final long dimension;
    private final int capacity;

    Analysis(Cluster cluster, EngineSpec spec, int groups, long dimension, int capacity) {
      this.visited = cluster.visited();
      this.spec = spec;
      this.groups = groups;
      this.dimension = dimension;
      this.capacity = capacity;
    }

    @Override
    public PcaState call(SeedSpan span) {
      Engine engine = Engine.of(spec);
      try (IncrementalPca pca = new IncrementalPca(groups, dimension, capacity)) {
        PcaSamples.drawn(engine.model(), span.seeds(), engine.sampling(), Cluster.untilKilled())
            .addTo(pca, () -> {});
        visited.here();
        return pca.state();
      }
    }
  }

  /** A task of the second pass: coordinates (n, k), row-major. */
  private static final class Scoring implements Function<SeedSpan, double[]> {
    private final Cluster.Visited visited;
    private final EngineSpec spec;
    private final Broadcast<double[]> mean;
    private final Broadcast<double[]> filters;
    private final int k;

    Scoring(
        Cluster cluster,
        EngineSpec spec,
        Broadcast<double[]> mean,
        Broadcast<double[]> filters,
        int k) {
      this.visited = cluster.visited();
      this.spec = spec;
      this.mean = mean;
      this.filters = filters;
      this.k = k;
    }

    @Override
    public double[] call(SeedSpan span) {
      Engine engine = Engine.of(spec);
      double[] rows = new double[span.seeds().length * k];
      int[] done = {0};
      try (PointerScope scope = new PointerScope()) {
        Tensor means = Tensors.of(mean.value(), 1, mean.value().length);
        Tensor columns = Tensors.of(filters.value(), filters.value().length / k, k);
        PcaSamples.drawn(engine.model(), span.seeds(), engine.sampling(), Cluster.untilKilled())
            .score(
                0,
                means,
                columns,
                part -> {
                  double[] found = Tensors.doubles(part);
                  System.arraycopy(found, 0, rows, done[0], found.length);
                  done[0] += found.length;
                });
      }
      visited.here();
      return rows;
    }
  }

  /** Merges states in their order. */
  private static final class Merging implements Function<Iterator<PcaState>, PcaState> {
    @Override
    public PcaState call(Iterator<PcaState> states) {
      Engine.load();
      try (IncrementalPca sum = IncrementalPca.of(states.next())) {
        while (states.hasNext()) {
          try (IncrementalPca next = IncrementalPca.of(states.next())) {
            sum.merge(next);
          }
        }
        return sum.state();
      }
    }
  }
}
