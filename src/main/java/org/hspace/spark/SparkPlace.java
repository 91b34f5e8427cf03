package org.hspace.spark;

import java.nio.file.Path;
import org.hspace.app.Workplace;
import org.hspace.directions.AnnotationOptions;
import org.hspace.directions.Annotations;
import org.hspace.directions.Annotator;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaSamples;
import org.hspace.evaluate.EffectOptions;
import org.hspace.evaluate.MeasuredEdits;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;

/** Work on the executors of a Spark application. */
final class SparkPlace implements Workplace {
  private final Cluster cluster;

  SparkPlace(Cluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public PcaSamples pca(Model model, PcaOptions options, Progress progress) {
    cluster.options().refuseCopies();
    return new SparkPcaSamples(cluster, spec(model, null, options.sampling()), options.seeds());
  }

  @Override
  public MeasuredEdits effects(
      Model model, Classifier classifier, EffectOptions options, Progress progress) {
    cluster.options().refuseCopies();
    return new SparkMeasuredEdits(cluster, spec(model, classifier, options.sampling()), options);
  }

  @Override
  public Annotations annotate(
      Model model,
      Classifier classifier,
      AnnotationOptions options,
      Path table,
      Progress progress) {
    HadoopCopy copy =
        cluster.options().copy() == null
            ? null
            : HadoopCopy.to(cluster.options().copy(), cluster.session());
    String parquet = cluster.options().parquet();
    if (parquet != null) HadoopCopy.requireVacant("--parquet", parquet, cluster.session());
    SparkAnnotationSamples samples =
        new SparkAnnotationSamples(
            cluster, spec(model, classifier, options.sampling()), model, options);
    Annotations annotations =
        new Annotator(model, classifier).run(options, table, samples, progress);
    if (parquet != null) ScoresParquet.write(annotations, cluster.session(), parquet);
    if (copy != null) copy.of(annotations.folder());
    return annotations;
  }

  private EngineSpec spec(Model model, Classifier classifier, SamplingOptions sampling) {
    cluster.options().check();
    return EngineSpec.of(model, cluster.options().executorModel(), classifier, sampling);
  }
}
