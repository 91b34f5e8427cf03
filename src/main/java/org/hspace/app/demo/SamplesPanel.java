package org.hspace.app.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.Sampler;

/** What the model makes from seeds. */
public final class SamplesPanel implements Panel {
  private final int count;

  /** The first so many seeds. */
  public SamplesPanel(int count) {
    this.count = count;
  }

  @Override
  public String title() {
    return "sampling";
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    List<RgbImage> pictures = new ArrayList<>();
    long[] seeds = LongStream.range(0, count).toArray();
    new Sampler(context.model())
        .stream(
            seeds,
            context.sampling().withRecordH(false),
            part -> pictures.addAll(RgbImage.all(context.model().pictures(part.x0()))),
            context.progress(title()));
    List<String> captions = DemoContext.captions(seeds);
    String title = "Samples, " + context.sampling().steps() + " steps";
    return List.of(
        new Figure(
                "samples",
                "What the model makes from noise: one image a seed, nothing edited.",
                Sheet.of(pictures, captions).title(title).render(),
                true)
            .withCommands(
                "hspace sample --seeds 0-%d%s --out samples.png"
                    .formatted(count - 1, context.steps())));
  }
}
