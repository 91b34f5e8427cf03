package org.hspace.app.discover;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hspace.app.Checkpoint;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/**
 * A way to find directions over a model. What it makes lies in a folder under its name, in the same
 * files as that of the command which does the same, so that either goes on where the other stopped.
 */
public sealed interface Discovery permits ComponentDiscovery, AttributeDiscovery, ExampleDiscovery {
  /** Behind the name, in that of the file of directions. */
  String SUFFIX = ".safetensors";

  /**
   * What was found, beside the directions.
   *
   * @param figures for programs and plots, by name
   * @param notes sentences on how good it is
   */
  record Found(Map<String, Object> figures, List<String> notes) {}

  /** Hears how far it is. */
  interface Listener {
    /**
     * A part of the work begins.
     *
     * @param what a word for people
     * @return hears of this part
     */
    Progress stage(String what);

    /**
     * What is known already.
     *
     * @param directions closed when this returns
     * @param figures of them
     */
    void soFar(DirectionSet directions, Map<String, Object> figures);
  }

  /** What its file is called, without suffix. */
  String name();

  /**
   * Finds and writes the directions, from where an earlier run was interrupted.
   *
   * @param model not owned
   * @param folder there is one
   * @throws java.util.concurrent.CancellationException when the listener cancels; what is known
   *     stays, to go on from
   */
  Found run(Model model, Path folder, Listener listener);

  /** The words of commands that do the same, one after the other; the model is left out. */
  List<List<String>> commands(Path folder);

  /** Files that are of no use once it is not to go on, relative to the folder. */
  default List<String> unfinished() {
    return List.of(Checkpoint.beside(Path.of(name() + SUFFIX)).toString());
  }

  /** The file of directions. */
  default Path file(Path folder) {
    return folder.resolve(name() + SUFFIX);
  }

  /** Writes what was found, after which there is nothing to go on from. */
  static void keep(DirectionSet found, Path file) {
    found.save(file);
    AtomicFile.remove(Checkpoint.beside(file));
  }
}
