package org.hspace.app.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/**
 * Images whose noise is unknown: inverted, decoded again, and edited. They are samples of the
 * model, taken as pictures of eight bits a channel, so that nothing of their noise is left in them.
 */
public final class InversionPanel implements Panel {
  private static final double STRENGTH = 1.5;

  private final long[] seeds;

  /** Seeds of the images. */
  public InversionPanel(long... seeds) {
    this.seeds = seeds.clone();
  }

  @Override
  public String title() {
    return "inverting";
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    try (PointerScope scope = new PointerScope()) {
      List<RgbImage> originals = pictures(context);
      Tensor x0 =
          context
              .model()
              .samples(
                  Tensors.cat(
                      originals.stream().map(RgbImage::toTensor).toList(), 0)); // (N, C, H, W)
      InversionOptions options =
          InversionOptions.DEFAULT
              .withSteps(context.sampling().steps())
              .withEta(context.sampling().eta())
              .withHSpace(context.sampling().hSpace())
              .withBatch(context.sampling().batch())
              .withConditioning(context.sampling().conditioning());
      List<ImageSource> sources =
          Arrays.stream(seeds).mapToObj(seed -> new ImageSource("seed-" + seed, "")).toList();
      try (Inversion inversion =
          new Inverter(context.model()).invert(x0, sources, options, context.progress(title()))) {
        context.figures().put("inversion_psnr", inversion.psnr());
        return List.of(figure(context, originals, inversion));
      }
    }
  }

  private List<RgbImage> pictures(DemoContext context) {
    try (Trajectory trajectory =
        new Sampler(context.model())
            .sample(
                seeds,
                context.sampling().withRecordH(false),
                context.progress("sampling images to invert"))) {
      return RgbImage.all(context.model().pictures(trajectory.x0())).stream()
          .map(RgbImage::quantized)
          .toList();
    }
  }

  private Figure figure(DemoContext context, List<RgbImage> originals, Inversion inversion) {
    try (Direction first = context.components().get(0);
        Direction second = context.components().get(1)) {
      List<Edit> edits =
          List.of(
              Edit.NONE,
              Edit.of(new WeightedDirection(first, STRENGTH)),
              Edit.of(new WeightedDirection(first, -STRENGTH)),
              Edit.of(new WeightedDirection(second, STRENGTH)),
              Edit.of(new WeightedDirection(second, -STRENGTH)));
      List<RgbImage> cells = edited(context, inversion.trajectory(), edits);
      Sheet sheet =
          new Sheet(seeds.length, edits.size() + 1)
              .title("Inverted images: reconstructed and edited")
              .columns(
                  List.of(
                      "given image",
                      "reconstruction",
                      "component 0, +",
                      "component 0, −",
                      "component 1, +",
                      "component 1, −"));
      List<String> captions = new ArrayList<>();
      for (int row = 0; row < seeds.length; row++) {
        sheet.set(row, 0, originals.get(row));
        for (int column = 0; column < edits.size(); column++) {
          sheet.set(row, column + 1, cells.get(row * edits.size() + column));
        }
        captions.add(String.format(Locale.ROOT, "round trip\n%.1f dB", inversion.psnr()[row]));
      }
      double worst = Arrays.stream(inversion.psnr()).min().orElseThrow();
      String given =
          Arrays.stream(seeds)
              .mapToObj(seed -> "given/seed-" + seed + ".png")
              .collect(Collectors.joining(" "));
      String strengths = Strengths.digits(STRENGTH) + ",-" + Strengths.digits(STRENGTH);
      return new Figure(
              "inversion",
              String.format(
                  Locale.ROOT,
                  "Images whose noise is unknown, inverted (edit-friendly DDPM inversion), decoded again (PSNR at least %.1f dB) and edited.",
                  worst),
              sheet.rows(captions).render(),
              true)
          .withHeading("Inverted images")
          .withCommands(
              "hspace sample --seeds %s%s --images given"
                  .formatted(new Seeds(seeds).text(), context.steps()),
              "hspace invert %s%s --eta 1 --out given.safetensors"
                  .formatted(given, context.steps()),
              "hspace edit --trajectory given.safetensors --each --direction pca.safetensors:0 --direction pca.safetensors:1"
                  + " --strengths=0,"
                  + strengths
                  + " --out inversion.png");
    }
  }

  private static List<RgbImage> edited(
      DemoContext context, Trajectory trajectory, List<Edit> edits) {
    try (Images cells =
        new EditGrid(context.model())
            .run(
                trajectory,
                edits,
                context.editing(),
                context.progress("editing inverted images"))) {
      return cells.pictures();
    }
  }
}
