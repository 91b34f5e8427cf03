package org.hspace.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.evaluate.Change;
import org.hspace.evaluate.EffectOptions;
import org.hspace.evaluate.MeasuredEdits;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.InjectInto;

/**
 * Edited samples, scored by executors: what comes back is the scores of each, so that the driver
 * computes with them what it would have computed with its own.
 */
final class SparkMeasuredEdits implements MeasuredEdits {
  private final Cluster cluster;
  private final EngineSpec spec;
  private final EffectOptions options;

  SparkMeasuredEdits(Cluster cluster, EngineSpec spec, EffectOptions options) {
    this.cluster = cluster;
    this.spec = spec;
    this.options = options;
  }

  @Override
  public void run(long[] seeds, List<Change> changes, double[] strengths, Consumer<Measured> sink) {
    Broadcast<PackedChange[]> packed =
        cluster.broadcast(changes.stream().map(PackedChange::of).toArray(PackedChange[]::new));
    try {
      Measuring task = new Measuring(cluster, spec, packed, strengths, options);
      // As many as one pass takes: what is small is spread, and batches are those of one machine.
      List<SeedSpan> spans = SeedSpan.cut(seeds, 0, spec.batch(), Integer.MAX_VALUE);
      List<List<Measured>> parts = cluster.run(spans, all -> all.map(task).collect());
      parts.forEach(part -> part.forEach(sink));
    } finally {
      packed.destroy();
    }
  }

  private static final class Measuring implements Function<SeedSpan, List<Measured>> {
    private final Cluster.Visited visited;
    private final EngineSpec spec;
    private final Broadcast<PackedChange[]> changes;
    private final double[] strengths;
    private final boolean asymmetric;
    private final InjectInto injectInto;
    private final double[] mask; // (1, 1, H, W); null for none
    private final long[] maskShape;

    Measuring(
        Cluster cluster,
        EngineSpec spec,
        Broadcast<PackedChange[]> changes,
        double[] strengths,
        EffectOptions options) {
      this.visited = cluster.visited();
      this.spec = spec;
      this.changes = changes;
      this.strengths = strengths;
      this.asymmetric = options.editing().asymmetric();
      this.injectInto = options.editing().injectInto();
      this.mask = options.mask() == null ? null : Tensors.doubles(options.mask());
      this.maskShape = options.mask() == null ? null : Tensors.shape(options.mask());
    }

    @Override
    public List<Measured> call(SeedSpan span) {
      Engine engine = Engine.of(spec);
      List<Measured> found = new ArrayList<>();
      List<Change> unpacked = new ArrayList<>();
      try (PointerScope scope = new PointerScope()) {
        for (PackedChange change : changes.value()) unpacked.add(change.unpack());
        MeasuredEdits.here(
                engine.model(),
                engine.classifier(),
                engine.sampling(),
                EditOptions.DEFAULT.withAsymmetric(asymmetric).withInjectInto(injectInto),
                mask == null ? null : Tensors.of(mask, maskShape))
            .run(span.seeds(), unpacked, strengths, found::add);
      } finally {
        for (Change change : unpacked) {
          if (change instanceof Change.ByDirection by) by.direction().close();
        }
      }
      visited.here();
      return found;
    }
  }
}
