package org.hspace.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.hspace.HspaceException;
import org.hspace.io.Shell;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.nativelib.Versions;
import org.hspace.pipeline.Model;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands share: threads, how much is said, and how they end. */
abstract class HspaceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      order = 90,
      description = "Threads of one operator (default: all cores).")
  private Integer threads;

  @Option(
      names = {"-q", "--quiet"},
      order = 91,
      description = "Say nothing but errors and figures.")
  private boolean quiet;

  @Option(names = "--debug", order = 92, description = "Show the stack trace of an error.")
  private boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 93,
      description = "Show this help.")
  private boolean help;

  private Console console;
  private Outputs outputs;

  /** Does the command's work; throws {@link HspaceException} for what the user can put right. */
  abstract void run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    console = new Console(spec.commandLine().getErr(), quiet);
    outputs = Outputs.of(spec);
    try {
      outputs.check();
      run();
    } catch (OutOfMemoryError e) {
      throw new HspaceException(
          "out of memory; a smaller --batch needs less, HSPACE_JAVA_OPTS=-Xmx... allows more: " + e,
          e);
    } finally {
      out().flush();
      console.endLine();
    }
    return 0;
  }

  /**
   * Loads the native libraries; not before the options have been checked, because it takes a
   * second.
   */
  final void loadLibraries() {
    RuntimeOptions options = RuntimeOptions.ownProcess();
    NativeRuntime.configure(threads == null ? options : options.withThreads(threads));
  }

  /**
   * Refuses options that would have no effect.
   *
   * @param options their names
   * @param beside what makes them so
   * @throws HspaceException naming the first that the user gave
   */
  final void refuse(List<String> options, String beside) {
    for (String option : options) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option))
        throw new HspaceException(option + ": has no effect beside " + beside);
    }
  }

  /**
   * Refuses options that have an effect only with another.
   *
   * @param options their names
   * @param needed the other, which was not given
   * @throws HspaceException naming the first that the user gave
   */
  final void refuseWithout(List<String> options, String needed) {
    for (String option : options) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option))
        throw new HspaceException(option + ": has no effect without " + needed);
    }
  }

  /** The command's options as picocli knows them. */
  final CommandSpec spec() {
    return spec;
  }

  /**
   * What pictures of this run say of themselves: software, command and model. PNGs carry it.
   *
   * @return texts by their keywords, in order; more may be added
   */
  final Map<String, String> made(Model model) {
    Map<String, String> made = new LinkedHashMap<>();
    made.put("Software", "hspace " + Versions.current().hspace());
    made.put(
        "Command",
        "hspace "
            + spec.commandLine().getParseResult().originalArgs().stream()
                .map(Shell::quoted)
                .collect(Collectors.joining(" ")));
    made.put("Model", model.directory().getFileName() + " " + model.hash());
    return made;
  }

  /**
   * What the options of this run are, as typed or by default; those without a value left out.
   *
   * @param but options that do not count
   */
  final Map<String, String> settings(Set<String> but) {
    Map<String, String> settings = new TreeMap<>();
    for (OptionSpec option : spec.options()) {
      if (option.usageHelp() || but.contains(option.longestName())) continue;
      OptionSpec typed = spec.commandLine().getParseResult().matchedOption(option.longestName());
      String value =
          typed == null ? option.defaultValue() : String.join(" ", typed.originalStringValues());
      if (value != null && !value.isEmpty()) settings.put(option.longestName(), value);
    }
    return settings;
  }

  final boolean debug() {
    return debug;
  }

  /** Where messages and progress go. */
  final Console console() {
    return console;
  }

  /** Where results go: standard output, unless the user wants a file's bytes there. */
  final PrintWriter out() {
    CommandLine line = spec.commandLine();
    return outputs.toStandardOutput() ? line.getErr() : line.getOut();
  }
}
