package org.hspace.bench;

import static org.bytedeco.pytorch.global.torch.createCPUGenerator;
import static org.bytedeco.pytorch.global.torch.randn;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaScope;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.nativelib.Versions;
import org.hspace.pipeline.Bottleneck;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/**
 * The workloads of the benchmark, each as a user's program would write it, with the Python
 * reference's noise.
 */
final class Workloads implements AutoCloseable {
  private final Model model;

  /** Takes over the model. */
  Workloads(Model model) {
    this.model = model;
  }

  /** Runs one workload; what it found out besides the time. */
  Map<String, Object> run(BenchRequest request) {
    return switch (request.workload()) {
      case "info" -> info();
      case "forward" -> forward(request);
      case "sample" -> sample(request);
      case "edit" -> edit(request);
      case "invert" -> invert(request);
      case "pca" -> pca(request);
      case "jacobian" -> jacobian(request);
      default ->
          throw new HspaceException(
              "workload: expected info, forward, sample, edit, invert, pca or jacobian, found '"
                  + request.workload()
                  + "'");
    };
  }

  private Map<String, Object> info() {
    Versions versions = Versions.current();
    return Map.of(
        "hspace", versions.hspace(),
        "libtorch", versions.libtorch(),
        "java", Runtime.version().toString(),
        "threads", NativeRuntime.threads(),
        "dtype", model.options().dtype().id());
  }

  private Map<String, Object> forward(BenchRequest request) {
    int[] c = model.sampleShape();
    try (PointerScope scope = new PointerScope()) {
      Tensor x =
          randn(
                  new long[] {request.batch(), c[0], c[1], c[2]},
                  new GeneratorOptional(createCPUGenerator(0)),
                  Tensors.options(ScalarType.Float))
              .to(model.options().dtype().stateType()); // (B, C, H, W)
      Tensor onDevice = model.toDevice(x);
      Tensor t = model.toDevice(Tensors.of(900L));
      for (int i = 0; i < request.repeat(); i++) {
        Tensors.scoped(
            () -> {
              try (Bottleneck bottleneck = model.unet().encode(onDevice, t, HSpace.AFTER)) {
                return model.unet().decode(bottleneck, null);
              }
            });
      }
    }
    return Map.of();
  }

  private Map<String, Object> sample(BenchRequest request) {
    try (Trajectory trajectory =
        new Sampler(model).sample(request.seeds(), sampling(request), Progress.NONE)) {
      if (request.save() != null) trajectory.save(Path.of(request.save()));
    }
    return Map.of();
  }

  private Map<String, Object> edit(BenchRequest request) {
    List<Direction> directions = new ArrayList<>();
    try (Trajectory image = draw(request);
        DirectionSet set = DirectionSet.open(Path.of(request.directions()), model);
        PointerScope scope = new PointerScope()) {
      List<Edit> cells = new ArrayList<>();
      for (int k = 0; k < set.size(); k++) {
        Direction direction = set.get(k);
        directions.add(direction);
        for (double strength : request.strengths()) {
          cells.add(Edit.of(new WeightedDirection(direction, strength)));
        }
      }
      EditOptions options =
          EditOptions.DEFAULT.withAsymmetric(request.asymmetric()).withBatch(batch(request));
      try (Images edited = new EditGrid(model).run(image, cells, options, Progress.NONE)) {
        if (request.save() != null) saveImages(Path.of(request.save()), edited.tensor());
      }
    } finally {
      directions.forEach(Direction::close);
    }
    return Map.of();
  }

  private Map<String, Object> invert(BenchRequest request) {
    InversionOptions options =
        InversionOptions.DEFAULT.withSteps(request.steps()).withRefine(0).withBatch(1);
    try (Trajectory source = Trajectory.open(Path.of(request.trajectory()), model);
        PointerScope scope = new PointerScope();
        Inversion inversion =
            new Inverter(model)
                .invert(
                    source.x0().narrow(0, 0, 1),
                    List.of(new ImageSource("benchmark", "")),
                    options,
                    Progress.NONE)) {
      if (request.save() != null) inversion.trajectory().save(Path.of(request.save()));
      return Map.of("psnr_db", inversion.psnr()[0], "residual", inversion.residual()[0]);
    }
  }

  private Map<String, Object> pca(BenchRequest request) {
    PcaOptions options =
        PcaOptions.DEFAULT
            .withComponents(request.components()) // before the samples, which must be more
            .withSamples(request.samples())
            .withScope(
                request.scope() == null ? PcaScope.TIMESTEP : PcaScope.parse(request.scope()))
            .withSampling(sampling(request));
    try (DirectionSet found = new GlobalPca(model).run(options, Progress.NONE)) {
      if (request.save() != null) found.save(Path.of(request.save()));
    }
    return Map.of();
  }

  private Map<String, Object> jacobian(BenchRequest request) {
    try (PointerScope scope = new PointerScope()) {
      SvdOptions d = SvdOptions.of(request.vectors());
      SvdOptions svd =
          new SvdOptions(
              request.vectors(),
              request.tolerance() > 0 ? request.tolerance() : d.tolerance(),
              request.maxProducts() > 0 ? request.maxProducts() : d.maxProducts(),
              d.basis(),
              d.seed());
      JacobianOptions options =
          new JacobianOptions(
              svd,
              !"power".equals(request.solver()),
              request.stepIndices(),
              request.mask() ? middleQuarter() : null,
              request.mask() ? "middle quarter" : null,
              0,
              JacobianOptions.DEFAULT.injectInto(),
              JacobianOptions.DEFAULT.memory());
      try (Trajectory image = draw(request);
          DirectionSet found =
              new JacobianDirections(model).run(image, 0, options, Progress.NONE)) {
        if (request.save() != null) found.save(Path.of(request.save()));
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("pairs", Arrays.stream(Tensors.longs(found.figures().get("products"))).sum());
        double[] residuals = Tensors.doubles(found.figures().get("residuals"));
        facts.put("max_residual", Arrays.stream(residuals).max().orElseThrow());
        return facts;
      }
    }
  }

  /** A mask (1, 1, H, W) that is one in the middle H/2 x W/2. */
  private Tensor middleQuarter() {
    int[] c = model.sampleShape();
    double[] values = new double[c[1] * c[2]];
    for (int y = c[1] / 4; y < c[1] - c[1] / 4; y++) {
      Arrays.fill(values, y * c[2] + c[2] / 4, (y + 1) * c[2] - c[2] / 4, 1);
    }
    return Tensors.of(values, 1, 1, c[1], c[2]).to(model.options().dtype().stateType());
  }

  /** The start and the noise of a request's seed. */
  private Trajectory draw(BenchRequest request) {
    return new Sampler(model).draw(new long[] {request.seed()}, sampling(request));
  }

  private static SamplingOptions sampling(BenchRequest request) {
    return SamplingOptions.DEFAULT
        .withSteps(request.steps())
        .withEta(EtaSchedule.constant(request.eta()))
        .withBatch(batch(request))
        .withReferenceSeeds(true);
  }

  private static int batch(BenchRequest request) {
    return request.batch() > 0 ? request.batch() : SamplingOptions.DEFAULT.batch();
  }

  private static void saveImages(Path file, Tensor x0) {
    try (TensorFileWriter writer = new TensorFileWriter(file)) {
      writer.metadata("format", "hspace-images");
      writer.declare("x_0", x0.scalar_type(), Tensors.shape(x0)); // (N, C, H, W)
      writer.write("x_0", x0);
      writer.finish();
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
