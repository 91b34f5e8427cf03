package org.hspace.studio;

import java.util.List;
import java.util.Locale;
import org.hspace.HspaceException;
import org.hspace.app.DirectionName;
import org.hspace.app.Seeds;
import org.hspace.app.discover.AttributeDiscovery;
import org.hspace.app.discover.ComponentDiscovery;
import org.hspace.app.discover.Discovery;
import org.hspace.app.discover.ExampleDiscovery;
import org.hspace.directions.PcaRotation;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.SamplingOptions;

/**
 * Discoveries as JSON asks for them.
 *
 * @param sampling how the studio samples; what is discovered may take other steps
 */
record JobRequest(SamplingOptions sampling) {
  private static final int MOST_SAMPLES = 100_000;
  private static final int MOST_COMPONENTS = 100;
  private static final int MOST_EXAMPLES = 1000;
  private static final int STEPS = 10;

  /**
   * Reads what is asked for.
   *
   * @throws HspaceException when it cannot be done
   */
  Discovery parse(JsonFields asked) {
    String kind = asked.choice("kind", List.of("components", "attributes", "examples"));
    String name = name(asked);
    long steps =
        asked.has("steps")
            ? asked.integer("steps", 1, Math.max(STEPS, sampling.steps()))
            : Math.min(STEPS, sampling.steps());
    SamplingOptions quick = sampling.withSteps((int) steps).withRecordH(true);
    return switch (kind) {
      case "components" ->
          new ComponentDiscovery(
              name,
              samples(asked),
              (int) asked.integer("components", 1, MOST_COMPONENTS),
              rotation(asked),
              quick.withEta(EtaSchedule.DDPM));
      case "attributes" ->
          new AttributeDiscovery(
              name,
              samples(asked),
              asked.flag("disentangled", true),
              quick.withEta(EtaSchedule.DDPM));
      default ->
          new ExampleDiscovery(name, seeds(asked, "positive"), seeds(asked, "negative"), quick);
    };
  }

  /**
   * What a new direction, or a file of them, is to be called.
   *
   * @throws HspaceException for a name that is no plain one
   */
  static String name(JsonFields asked) {
    try {
      return DirectionName.parse(asked.text("name")).text();
    } catch (HspaceException e) {
      throw asked.error("name", "one without ':', '=', ',' and outer blanks");
    }
  }

  private static int samples(JsonFields asked) {
    return (int) asked.integer("samples", 2, MOST_SAMPLES);
  }

  private static PcaRotation rotation(JsonFields asked) {
    if (!asked.has("rotate")) return PcaRotation.NONE;
    String rotate = asked.choice("rotate", List.of("none", "ica", "varimax"));
    return PcaRotation.valueOf(rotate.toUpperCase(Locale.ROOT));
  }

  private static Seeds seeds(JsonFields asked, String key) {
    Seeds seeds = Seeds.parse(asked.text(key));
    if (seeds.values().length > MOST_EXAMPLES)
      throw asked.error(key, "at most " + MOST_EXAMPLES + " seeds");
    return seeds;
  }
}
