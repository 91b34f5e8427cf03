package org.hspace.spark;

import java.io.Serializable;
import java.nio.file.Path;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;

/**
 * What an executor needs to sample as the driver would.
 *
 * @param model directory as executors see it, relative to where they run or absolute
 * @param dtype precision
 * @param device cpu, or a GPU of the executor
 * @param variant of the weight files
 * @param tile of latent models
 * @param classifier directory of the classifier, as the model's; null without one
 * @param classifierHash what it must be
 * @param sampling provenance of samples as JSON: model, noise schedule, T, η, h-space, noise,
 *     clipping and prompt
 * @param batch images of one network pass
 */
record EngineSpec(
    String model,
    String dtype,
    String device,
    String variant,
    int tile,
    String classifier,
    String classifierHash,
    String sampling,
    int batch)
    implements Serializable {
  /**
   * Of the driver's.
   *
   * @param elsewhere where executors find the model; null for where the driver does
   * @param classifier null for none
   */
  static EngineSpec of(
      Model model, String elsewhere, Classifier classifier, SamplingOptions sampling) {
    Path here = model.directory().toAbsolutePath().normalize();
    Path there = elsewhere == null ? here : Path.of(elsewhere);
    Path scorer = classifier == null ? null : classifier.directory().toAbsolutePath().normalize();
    if (scorer != null && scorer.startsWith(here)) scorer = there.resolve(here.relativize(scorer));
    return new EngineSpec(
        there.toString(),
        model.options().dtype().id(),
        model.options().device().name(),
        model.options().variant(),
        model.options().tile(),
        scorer == null ? null : scorer.toString(),
        classifier == null ? null : classifier.hash(),
        Provenance.ofSamples(model, sampling, new long[0]).toJson(),
        sampling.batch());
  }
}
