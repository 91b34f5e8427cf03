package org.hspace.cli;

import com.google.gson.GsonBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.hspace.HspaceException;
import org.hspace.io.AtomicFile;
import org.hspace.io.JsonFields;

/**
 * What the pictures of a folder were made by, kept beside them, so that a run that goes on where
 * another stopped does the same.
 */
final class FolderRecord {
  static final String NAME = "hspace-edit.json";

  private FolderRecord() {}

  /**
   * Writes a folder's settings, or checks them against those that are there.
   *
   * @param settings by option
   * @param pictures that the run would write
   * @throws HspaceException naming the setting that differs, or a picture that nothing is known of
   */
  static void keep(Path folder, Map<String, String> settings, Collection<Path> pictures) {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      Optional<Path> unknown = pictures.stream().filter(Files::exists).findFirst();
      if (unknown.isPresent()) {
        throw new HspaceException(
            "%s: is there, and no %s says how it was made; expected another --out"
                .formatted(unknown.get(), NAME));
      }
      AtomicFile.write(
          file,
          new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(settings)
              + "\n");
      return;
    }
    JsonFields before = JsonFields.read(file);
    TreeSet<String> names = new TreeSet<>(before.keys());
    names.addAll(settings.keySet());
    for (String name : names) {
      String then = before.text(name, "");
      String now = settings.getOrDefault(name, "");
      if (then.equals(now)) continue;
      throw new HspaceException(
          "%s: its pictures were made with %s, this run has %s; expected the same, or another --out"
              .formatted(folder, said(name, then), said(name, now)));
    }
  }

  private static String said(String name, String value) {
    return value.isEmpty() ? "no " + name : name + " " + value;
  }
}
