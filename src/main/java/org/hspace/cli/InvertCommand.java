package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hspace invert}: the trajectories of given images. */
@Command(
    name = "invert",
    sortOptions = false,
    description =
        "Finds the noise from which sampling returns given images: DDIM inversion for --eta 0, else edit-friendly DDPM"
            + " inversion. Always reports how exactly the images come back.",
    footer = {
      "",
      "Example: hspace invert photo.png --steps 50 --eta 1 --out photo.safetensors --reconstruct again.png"
    })
final class InvertCommand extends HspaceCommand {
  /** Below this, in dB, differences can be seen. */
  private static final double VISIBLE = 40;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "PNG, JPEG, TIFF, WebP or BMP; brought to the model's size as --fit says.")
  @Reads
  private List<Path> images;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 1,
      description = "Write the trajectories (x_T, z, h, x_0) as safetensors.")
  @Writes(Writes.As.TENSORS)
  private Path out;

  @Option(
      names = "--reconstruct",
      paramLabel = "FILE",
      order = 2,
      description =
          "PNG or JPEG: of one image what it decodes to, of several a sheet beside the originals.")
  @Writes(Writes.As.PICTURE)
  private Path reconstruct;

  @Option(
      names = "--refine",
      paramLabel = "N",
      defaultValue = "0",
      order = 3,
      description =
          "Solve each DDIM step's implicit equation by up to N fixed-point iterations; 0 is plain DDIM inversion"
              + " (default: ${DEFAULT-VALUE}).")
  private int refine;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      order = 4,
      description =
          "DDPM inversion draws the noise of image i from seed N + i (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private FitMixin fit;
  @Mixin private LatticeMixin lattice;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    InversionOptions options =
        lattice.inversion(EtaSchedule.DDIM).withRefine(refine).withSeed(seed);
    images.forEach(ImageFile::checkReadable);
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.open(console());
        PointerScope scope = new PointerScope()) {
      Pictures.checkDrawable(model, "invert");
      Photographs photographs = Photographs.read(images, fit.value(), model, console());
      Tensor pictures = photographs.tensor(model); // (N, C, H, W)
      Tensor x0 = model.samples(pictures);
      InversionOptions asked = options.withConditioning(lattice.conditioning(model, console()));
      try (Inversion inversion =
          new Inverter(model)
              .invert(
                  x0,
                  photographs.sources(),
                  asked,
                  console().progress("inverting", photographs.files().size()))) {
        inversion.trajectory().save(out);
        console().say("wrote " + out);
        Tensor decoded = model.pictures(inversion.trajectory().x0());
        double[] psnr = inversion.psnr();
        double[] codec = null;
        if (model.latent()) { // what the autoencoder loses is not the inversion's
          Tensor kept = model.pictures(x0);
          codec = Inverter.psnr(pictures, kept);
          psnr = Inverter.psnr(kept, decoded);
        }
        if (reconstruct != null) {
          writeReconstruction(
              photographs.pictures(), RgbImage.all(decoded), psnr, codec, made(model));
          console().say("wrote " + reconstruct);
        }
        report(inversion, psnr, codec, (System.nanoTime() - begun) / 1e9);
      }
    }
  }

  private void writeReconstruction(
      List<RgbImage> originals,
      List<RgbImage> decoded,
      double[] psnr,
      double[] codec,
      Map<String, String> made) {
    if (decoded.size() == 1) {
      ImageFile.write(reconstruct, decoded.get(0), made);
      return;
    }
    Sheet sheet = new Sheet(decoded.size(), 2).columns(List.of("original", "reconstruction"));
    List<String> captions = new ArrayList<>();
    for (int row = 0; row < decoded.size(); row++) {
      sheet.set(row, 0, originals.get(row)).set(row, 1, decoded.get(row));
      String caption =
          images.get(row).getFileName() + "\n" + String.format(Locale.ROOT, "%.1f dB", psnr[row]);
      if (codec != null) caption += String.format(Locale.ROOT, "\nautoencoder %.1f dB", codec[row]);
      captions.add(caption);
    }
    ImageFile.write(reconstruct, sheet.rows(captions).render(), made);
  }

  /**
   * Prints the figures.
   *
   * @param psnr of each round trip, dB
   * @param codec what the autoencoder alone keeps of each image, dB; null without one
   */
  private void report(Inversion inversion, double[] psnr, double[] codec, double seconds) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      double residual = inversion.residual()[i];
      out()
          .printf(
              Locale.ROOT,
              "%s: round trip PSNR %.2f dB, worst residual of a noiseless step %.2g%s%n",
              images.get(i),
              psnr[i],
              residual,
              codec == null
                  ? ""
                  : String.format(
                      Locale.ROOT,
                      "; of what the autoencoder keeps, itself %.2f dB from the image",
                      codec[i]));
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("image", images.get(i).toString());
      row.put("psnr", psnr[i]);
      if (codec != null) row.put("codec_psnr", codec[i]);
      row.put("residual", residual);
      rows.add(row);
    }
    double worst = Arrays.stream(psnr).min().orElseThrow();
    boolean ddim = inversion.trajectory().provenance().method().equals("ddim");
    if (ddim && refine == 0 && worst < VISIBLE) {
      console()
          .say(
              "plain DDIM inversion is of first order only; --refine 20 comes closer, --eta 1 is exact");
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("method", inversion.trajectory().provenance().method());
    figures.put("steps", lattice.steps());
    figures.put("refine", refine);
    figures.put("psnr", worst);
    if (codec != null) figures.put("codec_psnr", Arrays.stream(codec).min().orElseThrow());
    figures.put("residual", Arrays.stream(inversion.residual()).max().orElseThrow());
    figures.put("images", rows);
    figures.put("seconds", seconds);
    json.write(figures);
  }
}
