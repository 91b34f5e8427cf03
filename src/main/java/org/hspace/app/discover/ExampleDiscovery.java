package org.hspace.app.discover;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.app.Checkpoint;
import org.hspace.app.SamplingWords;
import org.hspace.app.Seeds;
import org.hspace.directions.ExampleDirections;
import org.hspace.directions.ExampleOptions;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;

/**
 * The mean difference between samples with and without something.
 *
 * @param name of the direction and its file
 * @param positive seeds of samples with it
 * @param negative as many without
 * @param sampling how samples are drawn
 */
public record ExampleDiscovery(
    String name, Seeds positive, Seeds negative, SamplingOptions sampling) implements Discovery {
  /** Checks that seeds make pairs. */
  public ExampleDiscovery {
    ExampleDirections.checkPairs(positive.values(), negative.values());
  }

  @Override
  public Found run(Model model, Path folder, Listener listener) {
    ExampleOptions options =
        new ExampleOptions(
            name, Math.max(1, sampling.batch() / 2), Checkpoint.beside(file(folder)));
    try (DirectionSet found =
        new ExampleDirections(model)
            .ofSeeds(
                positive.values(),
                negative.values(),
                sampling,
                options,
                listener.stage("sampling"))) {
      Discovery.keep(found, file(folder));
      Map<String, Object> figures = new LinkedHashMap<>();
      for (String key : List.of("pairs", "spread"))
        figures.put(key, found.provenance().details().get(key));
      return new Found(figures, List.of(note(figures)));
    }
  }

  private static String note(Map<String, Object> figures) {
    return ((Number) figures.get("pairs")).longValue() == 1
        ? "one pair says nothing of how pairs scatter"
        : String.format(
            Locale.ROOT,
            "%s pairs, which scatter around their mean by %.1f times its norm",
            figures.get("pairs"),
            figures.get("spread"));
  }

  @Override
  public List<List<String>> commands(Path folder) {
    List<String> words = new ArrayList<>(List.of("examples", "--positive-seeds", positive.text()));
    words.addAll(List.of("--negative-seeds", negative.text()));
    words.addAll(SamplingWords.of(sampling));
    words.addAll(List.of("--name", name, "--out", file(folder).toString()));
    return List.of(words);
  }
}
