package org.hspace.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.hspace.HspaceException;
import org.hspace.NativeMemoryException;
import org.hspace.OneLine;
import org.hspace.app.DirectionName;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.app.Workplace;
import org.hspace.directions.PcaRotation;
import org.hspace.directions.PcaScope;
import org.hspace.io.PathText;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Versions;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Device;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.InjectInto;
import org.hspace.pipeline.StepNoise;
import org.hspace.pipeline.Window;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program. Exit codes: 0 success, 2 an error of the user's (one line says which), 1 a bug or
 * want of memory.
 */
@Command(
    name = "hspace",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description =
        "Discovers interpretable directions in the bottleneck of diffusion models, and edits images with them.",
    commandListHeading = "%nCommands (hspace COMMAND --help explains each):%n",
    subcommands = {
      DemoCommand.class,
      SampleCommand.class,
      InvertCommand.class,
      PcaCommand.class,
      JacobianCommand.class,
      ExamplesCommand.class,
      AnnotateCommand.class,
      AttributeCommand.class,
      DisentangleCommand.class,
      DirectionCommand.class,
      EditCommand.class,
      SwapCommand.class,
      EvaluateCommand.class,
      StudioCommand.class,
      InfoCommand.class
    })
public final class Main implements Runnable {
  private static final int WIDTH = 110;

  /** Exit code of an error that the user can put right. */
  static final int USER_ERROR = CommandLine.ExitCode.USAGE;

  @Spec private CommandSpec spec;

  /** Exit codes of a process that a signal stopped: 128 and its number. */
  private static final Map<String, Integer> STOPPED =
      Map.of("SIGHUP", 129, "SIGINT", 130, "SIGTERM", 143);

  /** Runs the program and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(
        guarded(
            () ->
                execute(
                    new PrintWriter(System.out, true),
                    new PrintWriter(System.err, true),
                    arguments)));
  }

  /**
   * Runs the program as one that a signal may stop at any time.
   *
   * @param program returns its exit code
   */
  public static int guarded(IntSupplier program) {
    Locale.setDefault(Locale.ROOT); // numbers have a point, whatever the country
    AtomicBoolean finished = new AtomicBoolean();
    Thread stopped =
        new Thread(
            () -> {
              if (!finished.get()) NativeLibrary.leave(stopCode());
            });
    Runtime.getRuntime().addShutdownHook(stopped);
    try {
      return program.getAsInt();
    } finally {
      finished.set(true);
    }
  }

  /** The JVM handles a signal on a thread called for instance {@code SIGTERM handler}. */
  private static int stopCode() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(thread -> STOPPED.get(thread.getName().replace(" handler", "")))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(STOPPED.get("SIGINT"));
  }

  /**
   * Runs the program in this process.
   *
   * @param out receives results
   * @param err receives progress and errors
   * @return the exit code
   */
  public static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    return execute(commandLine(), out, err, arguments);
  }

  /**
   * Runs those commands whose samples can be made elsewhere.
   *
   * @param place where they are
   * @param options of that place, annotated for picocli: each command has them beside its own
   * @param name of the program
   * @return the exit code
   */
  public static int execute(
      Workplace place,
      Object options,
      String name,
      PrintWriter out,
      PrintWriter err,
      String... arguments) {
    CommandLine line = commandLine();
    line.setCommandName(name);
    for (String command : List.copyOf(line.getSubcommands().keySet())) {
      CommandLine sub = line.getSubcommands().get(command);
      if (sub.getCommand() instanceof Movable movable) {
        movable.moveTo(place);
        sub.getCommandSpec().addMixin("place", CommandSpec.forAnnotatedObject(options));
      } else {
        line.getCommandSpec().removeSubcommand(command);
      }
    }
    return execute(line, out, err, arguments);
  }

  private static int execute(
      CommandLine line, PrintWriter out, PrintWriter err, String... arguments) {
    int code;
    try {
      code = line.setOut(out).setErr(err).execute(arguments);
    } catch (OutOfMemoryError error) { // Java's, or JavaCPP's limit on the memory of tensors
      return report(error, err, Arrays.asList(arguments).contains("--debug"));
    }
    if (out.checkError() && code == 0) {
      err.println("hspace: cannot write to standard output: it is full or closed");
      return USER_ERROR;
    }
    return code;
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setUsageHelpWidth(WIDTH);
    line.setExpandAtFiles(false); // a picture may be called @me.png
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Main::wrongUsage);
    line.setExecutionExceptionHandler(
        (error, command, result) -> {
          boolean debug =
              command.getCommand() instanceof HspaceCommand known && known.debug()
                  || result.originalArgs().contains("--debug");
          return report(error, command.getErr(), debug);
        });
    convert(line, Path.class, PathText::parse);
    convert(line, EtaSchedule.class, EtaSchedule::parse);
    convert(line, Window.class, Window::parse);
    convert(line, HSpace.class, HSpace::parse);
    convert(line, StepNoise.class, StepNoise::parse);
    convert(line, DType.class, DType::parse);
    convert(line, Device.class, Device::new);
    convert(line, PcaScope.class, PcaScope::parse);
    convert(line, InjectInto.class, InjectInto::parse);
    convert(line, PcaRotation.class, PcaRotation::parse);
    convert(line, DirectionName.class, DirectionName::parse);
    convert(line, DirectionSpec.class, DirectionSpec::parse);
    convert(line, Seeds.class, Seeds::parse);
    convert(line, Strengths.class, Strengths::parse);
    convert(line, AnnotateCommand.Kept.class, AnnotateCommand.Kept::parse);
    convert(line, MemorySize.class, MemorySize::parse);
    for (Class<Integer> type : List.of(int.class, Integer.class)) {
      convert(line, type, text -> (int) whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }
    for (Class<Long> type : List.of(long.class, Long.class)) {
      convert(line, type, text -> whole(text, Long.MIN_VALUE, Long.MAX_VALUE));
    }
    return line;
  }

  private static long whole(String text, long least, long most) {
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) return value;
    } catch (NumberFormatException e) {
      // said below
    }
    throw new HspaceException(
        "expected a whole number from " + least + " to " + most + ", found '" + text + "'");
  }

  private static <T> void convert(CommandLine line, Class<T> type, Function<String, T> parse) {
    ITypeConverter<T> converter =
        text -> {
          try {
            return parse.apply(text);
          } catch (HspaceException e) {
            throw new TypeConversionException(e.getMessage());
          }
        };
    line.registerConverter(type, converter);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }

  private static int wrongUsage(ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    command
        .getErr()
        .println(
            "hspace: "
                + OneLine.of(error.getMessage())
                + suggestion(error)
                + " (see '"
                + command.getCommandSpec().qualifiedName()
                + " --help')");
    return USER_ERROR;
  }

  /** What the user may have meant by a command or an option that is none. */
  private static String suggestion(ParameterException error) {
    if (!(error instanceof UnmatchedArgumentException unmatched)) return "";
    List<String> near = unmatched.getSuggestions();
    return near.isEmpty() ? "" : "; did you mean " + near.get(0) + "?";
  }

  private static int report(Throwable error, PrintWriter err, boolean debug) {
    err.println("hspace: " + line(error, debug));
    if (debug) {
      error.printStackTrace(err);
    }
    return error instanceof HspaceException ? USER_ERROR : CommandLine.ExitCode.SOFTWARE;
  }

  private static String line(Throwable error, boolean debug) {
    if (error instanceof HspaceException || error instanceof NativeMemoryException) {
      return error.getMessage();
    }
    if (error instanceof OutOfMemoryError) return "out of memory: " + error.getMessage();
    return "internal error: " + error + (debug ? "" : " (run with --debug for the trace)");
  }

  /** Answers {@code --version}. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      Versions versions = Versions.current();
      return new String[] {
        "hspace %s (LibTorch %s, JavaCPP %s)"
            .formatted(versions.hspace(), versions.libtorch(), versions.javacpp())
      };
    }
  }

  /** The folder that holds {@code models/}: where the launcher says, or the current one. */
  static Path home() {
    return Path.of(System.getProperty("hspace.home", ""));
  }
}
