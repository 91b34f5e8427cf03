package org.hspace.spark;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Objects;
import org.apache.spark.TaskContext;
import org.hspace.HspaceException;
import org.hspace.nativelib.Machine;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Device;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;

/**
 * The model of an executor: opened by its first task, used by all, freed with the process. Each
 * operator has as many threads as a task has cores.
 */
final class Engine {
  private static boolean configured;
  private static Engine current;

  private final EngineSpec spec;
  private final Model model;
  private final Classifier classifier;
  private final SamplingOptions sampling;

  private Engine(EngineSpec spec) {
    this.spec = spec;
    String where = "executor on " + host();
    this.model =
        Model.open(
            Path.of(spec.model()),
            new ModelOptions(
                DType.parse(spec.dtype()), new Device(spec.device()), spec.variant(), spec.tile()));
    Provenance provenance = Provenance.parse(spec.sampling(), where);
    provenance.checkModel(model, where);
    provenance.checkScheduler(model, where);
    this.classifier =
        spec.classifier() == null
            ? null
            : Classifier.open(Path.of(spec.classifier()), model.options().device());
    if (classifier != null && !classifier.hash().equals(spec.classifierHash())) {
      throw new HspaceException(
          "%s: %s: expected the driver's classifier %s, found %s"
              .formatted(where, spec.classifier(), spec.classifierHash(), classifier.hash()));
    }
    this.sampling = SamplingOptions.of(provenance, spec.batch());
  }

  /** Loads the libraries, for a task that needs no model. */
  static synchronized void load() {
    if (configured) return;
    unboundTensors();
    TaskContext task = TaskContext.get();
    NativeRuntime.configure(new RuntimeOptions(task == null ? 1 : task.cpus(), 1));
    configured = true;
  }

  /** JavaCPP would bound tensors by the size of Java's heap; they lie outside of it. */
  static void unboundTensors() {
    for (String bound : new String[] {"maxBytes", "maxPhysicalBytes"}) {
      String name = "org.bytedeco.javacpp." + bound;
      if (System.getProperty(name) == null) System.setProperty(name, "0");
    }
  }

  /**
   * The engine of this process.
   *
   * @throws HspaceException when the model is not the driver's, or is not there
   */
  static synchronized Engine of(EngineSpec spec) {
    load();
    if (current != null && !current.spec.equals(spec)) {
      current.close();
      current = null;
    }
    if (current == null) current = new Engine(spec);
    return current;
  }

  private void close() {
    if (classifier != null) classifier.close();
    model.close();
  }

  Model model() {
    return model;
  }

  Classifier classifier() {
    return Objects.requireNonNull(classifier);
  }

  /** How samples are drawn; h is recorded unless told otherwise. */
  SamplingOptions sampling() {
    return sampling;
  }

  /** What the last bits depend on here. */
  static String machine() {
    return Machine.current();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unknown host";
    }
  }
}
