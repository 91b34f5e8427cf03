package org.hspace.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Device;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Serves workloads to {@code tools/bench} and {@code tools/reference/parity}, so that all turns of
 * a benchmark run in one warm process.
 */
@Command(
    name = "bench",
    description = {
      "Serves the workloads of tools/bench: one JSON request a line on standard input, one JSON"
          + " reply a line.",
      "Example: echo '{\"workload\": \"forward\", \"batch\": 1, \"repeat\": 10}' | bench --model models/avatars-64"
    },
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  private static final Gson GSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

  @Option(names = "--model", required = true, description = "A diffusers pipeline directory.")
  private Path directory;

  @Option(
      names = "--dtype",
      defaultValue = "float32",
      description = "float32, float64 or bfloat16 (default: ${DEFAULT-VALUE}).")
  private String dtype;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu or cuda[:N] (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--variant",
      defaultValue = "",
      description = "Variant of the weights, e.g. fp16.")
  private String variant;

  @Option(names = "--threads", description = "Threads of one operator (default: all cores).")
  private Integer threads;

  /** Serves until standard input ends, and ends the process. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new BenchCommand());
    line.setExecutionExceptionHandler(
        (error, command, result) -> {
          command.getErr().println("bench: " + error.getMessage());
          return CommandLine.ExitCode.USAGE;
        });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    RuntimeOptions runtime = RuntimeOptions.ownProcess();
    NativeRuntime.configure(threads == null ? runtime : runtime.withThreads(threads));
    // Standard output belongs to the replies alone.
    PrintStream replies =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    ModelOptions options = new ModelOptions(DType.parse(dtype), new Device(device), variant, 0);
    try (Workloads workloads = new Workloads(Model.open(directory, options));
        BufferedReader requests =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      serve(workloads, requests, replies);
    }
    return 0;
  }

  /** Answers each line until the requests end. */
  static void serve(Workloads workloads, BufferedReader requests, PrintStream replies)
      throws IOException {
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      replies.println(GSON.toJson(answer(workloads, line)));
      if (replies.checkError()) {
        throw new HspaceException("cannot write to standard output: it is full or closed");
      }
    }
  }

  /** A failed workload is a reply too: the driver reports it and goes on. */
  private static Map<String, Object> answer(Workloads workloads, String line) {
    Map<String, Object> reply = new LinkedHashMap<>();
    try {
      BenchRequest request = BenchRequest.parse(line);
      PeakMemory.reset();
      long start = System.nanoTime();
      reply.putAll(workloads.run(request));
      reply.put("seconds", (System.nanoTime() - start) / 1e9);
      reply.put("peak_mb", PeakMemory.megabytes());
    } catch (HspaceException e) {
      reply.put("error", e.getMessage());
    } catch (RuntimeException e) {
      reply.put("error", e.toString());
    }
    return reply;
  }
}
