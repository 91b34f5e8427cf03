package org.hspace.app;

import java.nio.file.Path;
import org.hspace.directions.AnnotationOptions;
import org.hspace.directions.Annotations;
import org.hspace.directions.Annotator;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaSamples;
import org.hspace.evaluate.EffectMeasurement;
import org.hspace.evaluate.EffectOptions;
import org.hspace.evaluate.MeasuredEdits;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/** Where the samples of long work are made: in this process, or by others. */
public interface Workplace {
  /** This process. */
  Workplace HERE =
      new Workplace() {
        @Override
        public PcaSamples pca(Model model, PcaOptions options, Progress progress) {
          return new GlobalPca(model).drawn(options, progress);
        }

        @Override
        public MeasuredEdits effects(
            Model model, Classifier classifier, EffectOptions options, Progress progress) {
          return EffectMeasurement.here(model, classifier, options);
        }

        @Override
        public Annotations annotate(
            Model model,
            Classifier classifier,
            AnnotationOptions options,
            Path table,
            Progress progress) {
          return new Annotator(model, classifier).run(options, table, progress);
        }
      };

  /** The samples of a PCA. */
  PcaSamples pca(Model model, PcaOptions options, Progress progress);

  /** Where edited samples are scored. */
  MeasuredEdits effects(
      Model model, Classifier classifier, EffectOptions options, Progress progress);

  /**
   * Samples that are scored, their h kept.
   *
   * @param table the CSV file
   */
  Annotations annotate(
      Model model, Classifier classifier, AnnotationOptions options, Path table, Progress progress);
}
