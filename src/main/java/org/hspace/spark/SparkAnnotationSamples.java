package org.hspace.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.directions.AnnotationOptions;
import org.hspace.directions.AnnotationSamples;
import org.hspace.directions.ScoreStatistics;
import org.hspace.pipeline.Model;

/**
 * Annotated samples, drawn and scored by executors. What comes back is scores and statistics; the h
 * of the few that turn out to be extremes are drawn again, which moves less than bringing all.
 */
final class SparkAnnotationSamples implements AnnotationSamples {
  private final Cluster cluster;
  private final EngineSpec spec;
  private final ScalarType store;
  private final long[] hShape; // {T, c, h, w}

  SparkAnnotationSamples(Cluster cluster, EngineSpec spec, Model model, AnnotationOptions options) {
    this.cluster = cluster;
    this.spec = spec;
    this.store = options.store();
    int[] h = model.bottleneckShape(options.sampling().hSpace());
    this.hShape = new long[] {options.sampling().steps(), h[0], h[1], h[2]};
  }

  @Override
  public List<String> machines() {
    return cluster.machines();
  }

  /**
   * Scores of consecutive parts and what a regression needs of their h.
   *
   * @param scores [parts][n][A]
   */
  private record Share(List<double[][]> scores, ScoreStatistics.State statistics)
      implements Serializable {}

  @Override
  public void score(List<long[]> parts, boolean whole, Sink sink) {
    if (whole) {
      bring(parts, true, (scores, h) -> sink.accept(List.of(new Scored(scores, h)), null));
      return;
    }
    int perTask = Math.max(1, cluster.options().range() / parts.get(0).length);
    int perWave = (int) Math.min(parts.size(), (long) perTask * cluster.options().wave());
    for (int first = 0; first < parts.size(); first += perWave) {
      List<long[][]> tasks = new ArrayList<>();
      int end = Math.min(parts.size(), first + perWave);
      for (int task = first; task < end; task += perTask) {
        tasks.add(parts.subList(task, Math.min(end, task + perTask)).toArray(new long[0][]));
      }
      Scoring scoring = new Scoring(cluster, spec, store);
      Share sum = cluster.run(tasks, rdd -> OrderedTree.merge(rdd.map(scoring), new Merging()));
      try (ScoreStatistics statistics = ScoreStatistics.of(sum.statistics())) {
        sink.accept(
            sum.scores().stream().map(scores -> new Scored(scores, null)).toList(), statistics);
      }
    }
  }

  @Override
  public void draw(List<long[]> parts, Consumer<Tensor> sink) {
    bring(parts, false, (scores, h) -> sink.accept(h));
  }

  /** Receives a part. */
  @FunctionalInterface
  private interface Brought {
    void accept(double[][] scores, Tensor h);
  }

  /**
   * Whole parts with their h, as many at a time as there are tasks that run.
   *
   * @param scored whether their scores come, too
   */
  private void bring(List<long[]> parts, boolean scored, Brought sink) {
    Bringing bringing = new Bringing(cluster, spec, store, scored);
    int perWave = Math.max(1, cluster.parallelism());
    for (int first = 0; first < parts.size(); first += perWave) {
      List<long[]> wave =
          new ArrayList<>(parts.subList(first, Math.min(parts.size(), first + perWave)));
      for (Part part : cluster.run(wave, rdd -> rdd.map(bringing).collect())) {
        try (PointerScope scope = new PointerScope()) {
          long rows = part.h().length / (hShape[0] * hShape[1] * hShape[2] * hShape[3]);
          Tensor h = Tensor.create(part.h(), rows, hShape[0], hShape[1], hShape[2], hShape[3]);
          sink.accept(part.scores(), h.to(store)); // which it had
        }
      }
    }
  }

  /**
   * @param scores [n][A]; null where they were not asked for
   * @param h (n, T, c, h, w)
   */
  private record Part(double[][] scores, float[] h) implements Serializable {}

  private static final class Scoring implements Function<long[][], Share> {
    private final Cluster.Visited visited;
    private final EngineSpec spec;
    private final ScalarType store;

    Scoring(Cluster cluster, EngineSpec spec, ScalarType store) {
      this.visited = cluster.visited();
      this.spec = spec;
      this.store = store;
    }

    @Override
    public Share call(long[][] parts) {
      List<double[][]> scores = new ArrayList<>();
      ScoreStatistics[] sum = new ScoreStatistics[1];
      try {
        samples(Engine.of(spec), store)
            .score(
                List.of(parts),
                false,
                (scored, statistics) -> {
                  scores.add(scored.get(0).scores());
                  if (sum[0] == null) sum[0] = ScoreStatistics.like(statistics);
                  sum[0].merge(statistics);
                });
        visited.here();
        return new Share(scores, sum[0].state());
      } finally {
        if (sum[0] != null) sum[0].close();
      }
    }
  }

  private static final class Merging implements Function<Iterator<Share>, Share> {
    @Override
    public Share call(Iterator<Share> shares) {
      Engine.load();
      Share first = shares.next();
      List<double[][]> scores = new ArrayList<>(first.scores());
      try (ScoreStatistics sum = ScoreStatistics.of(first.statistics())) {
        while (shares.hasNext()) {
          Share next = shares.next();
          scores.addAll(next.scores());
          try (ScoreStatistics other = ScoreStatistics.of(next.statistics())) {
            sum.merge(other);
          }
        }
        return new Share(scores, sum.state());
      }
    }
  }

  private static final class Bringing implements Function<long[], Part> {
    private final Cluster.Visited visited;
    private final EngineSpec spec;
    private final ScalarType store;
    private final boolean scored;

    Bringing(Cluster cluster, EngineSpec spec, ScalarType store, boolean scored) {
      this.visited = cluster.visited();
      this.spec = spec;
      this.store = store;
      this.scored = scored;
    }

    @Override
    public Part call(long[] seeds) {
      AnnotationSamples samples = samples(Engine.of(spec), store);
      Part[] found = new Part[1];
      if (scored) {
        samples.score(
            List.of(seeds),
            true,
            (parts, none) -> found[0] = new Part(parts.get(0).scores(), floats(parts.get(0).h())));
      } else {
        samples.draw(List.of(seeds), h -> found[0] = new Part(null, floats(h)));
      }
      visited.here();
      return found[0];
    }

    private static float[] floats(Tensor h) {
      try (PointerScope scope = new PointerScope()) {
        Tensor host = h.cpu().to(ScalarType.Float).contiguous();
        float[] values = new float[Math.toIntExact(host.numel())];
        host.data_ptr_float().get(values);
        return values;
      }
    }
  }

  /** Those of this executor. */
  private static AnnotationSamples samples(Engine engine, ScalarType store) {
    return AnnotationSamples.here(
        engine.model(), engine.classifier(), engine.sampling(), store, Cluster.untilKilled());
  }
}
