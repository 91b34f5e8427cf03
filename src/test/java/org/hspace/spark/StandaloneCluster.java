package org.hspace.spark;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * Spark's standalone master and workers on loopback, each a process, and one driver that runs
 * commands: all on the class path of the tests, with the servlet API that Spark was built with.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final long PATIENCE = 300_000_000_000L; // ns; where something hangs

  private final Path folder;
  private final String master;
  private final List<Process> processes = new ArrayList<>();
  private final List<Process> workers = new ArrayList<>();
  private Process driver;
  private BufferedWriter commands;
  private BufferedReader answers;

  /**
   * Starts one.
   *
   * @param folder for its files
   * @param size workers of one core
   */
  StandaloneCluster(Path folder, int size) throws IOException, InterruptedException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("home/jars")); // the executors' class path is ours
    int port = freePort();
    master = "spark://" + HOST + ":" + port;
    start(
        "master",
        "org.apache.spark.deploy.master.Master",
        List.of("--host", HOST, "--port", "" + port, "--webui-port", "0"));
    await("the master", () -> listening(port));
    for (int i = 0; i < size; i++) {
      String work = Files.createDirectories(folder.resolve("work-" + i)).toString();
      workers.add(
          start(
              "worker-" + i,
              "org.apache.spark.deploy.worker.Worker",
              List.of(
                  "--host",
                  HOST,
                  "--cores",
                  "1",
                  "--memory",
                  "600m",
                  "--webui-port",
                  "0",
                  "--work-dir",
                  work,
                  master)));
    }
    startDriver();
  }

  private void startDriver() throws IOException {
    driver =
        start(
            "driver",
            "org.apache.spark.deploy.SparkSubmit",
            List.of(
                "--master",
                master,
                "--class",
                DriverOfCommands.class.getName(),
                "--conf",
                "spark.executor.memory=512m",
                "--conf",
                "spark.executor.extraClassPath=" + String.join(File.pathSeparator, classPath()),
                "--conf",
                "spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
                "--conf",
                "spark.cores.max=" + workers.size(),
                "--conf",
                "spark.scheduler.minRegisteredResourcesRatio=1",
                "--conf",
                "spark.scheduler.maxRegisteredResourcesWaitingTime=300s",
                "--conf",
                "spark.ui.enabled=false",
                "spark-internal"));
    commands = driver.outputWriter();
    answers = driver.inputReader();
  }

  /** Of the tests, Spark's own servlet API before the studio's. */
  private static List<String> classPath() throws IOException {
    List<String> entries = new ArrayList<>();
    try (var jars = Files.list(Path.of("target/spark"))) {
      jars.map(jar -> jar.toAbsolutePath().toString()).forEach(entries::add);
    }
    Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .forEach(entries::add);
    return entries;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      return socket.getLocalPort();
    }
  }

  private static boolean listening(int port) {
    try (Socket socket = new Socket(HOST, port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private Process start(String name, String mainClass, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath()), mainClass));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SPARK_HOME", folder.resolve("home").toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13"); // as Spark's own scripts say it
    builder.environment().put("SPARK_LOCAL_IP", HOST);
    builder.environment().put("SPARK_LOCAL_DIRS", folder.resolve("local").toString());
    builder.redirectError(Redirect.appendTo(folder.resolve(name + ".log").toFile()));
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Waits for something that must come. */
  static void await(String what, BooleanSupplier there) throws InterruptedException {
    long begun = System.nanoTime();
    while (!there.getAsBoolean()) {
      if (System.nanoTime() - begun > PATIENCE) throw new AssertionError("never came: " + what);
      Thread.sleep(10);
    }
  }

  /** Gives the driver a command. */
  void begin(String... arguments) throws IOException {
    commands.write(String.join("\t", arguments) + "\n");
    commands.flush();
  }

  /** Waits until the command ends, and returns its exit code. */
  int end() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(DriverOfCommands.EXIT)) {
        return Integer.parseInt(line.substring(DriverOfCommands.EXIT.length()));
      }
    }
    throw new AssertionError("the driver ended:\n" + errors());
  }

  /** What driver said on standard error so far. */
  String errors() throws IOException {
    return Files.readString(folder.resolve("driver.log"));
  }

  /** Kills the driver in the middle of its command, and starts another. */
  void killDriver() throws IOException, InterruptedException {
    driver.destroyForcibly().waitFor();
    startDriver();
  }

  /** Kills a worker and its executor, as a machine that fails. */
  void killOne() {
    Process victim = workers.remove(0);
    List<ProcessHandle> executors = victim.descendants().toList();
    if (executors.isEmpty()) throw new AssertionError("the worker has no executor");
    executors.forEach(ProcessHandle::destroyForcibly);
    victim.destroyForcibly();
  }

  @Override
  public void close() throws IOException {
    commands.close(); // which ends the driver
    for (int i = processes.size() - 1; i >= 0; i--) {
      processes.get(i).descendants().forEach(ProcessHandle::destroyForcibly);
      processes.get(i).destroyForcibly();
    }
    for (Process process : processes) process.onExit().join();
  }
}
