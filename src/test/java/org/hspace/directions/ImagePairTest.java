package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hspace.nativelib.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagePairTest {
  @TempDir Path folder;

  private Path folder(String name, String... files) throws IOException {
    Path made = Files.createDirectory(folder.resolve(name));
    for (String file : files) Files.createFile(made.resolve(file));
    return made;
  }

  private static String refusal(Path positives, Path negatives) {
    return assertThrows(HspaceException.class, () -> ImagePair.match(positives, negatives))
        .getMessage();
  }

  @Test
  void matchesByNameWhateverTheOrderAndSuffix() throws IOException {
    Path with = folder("with", "b.png", "a.jpg", "notes.txt");
    Path without = folder("without", "a.png", "b.JPEG");
    List<ImagePair> pairs = ImagePair.match(with, without);
    assertEquals(List.of("a", "b"), pairs.stream().map(ImagePair::name).toList());
    assertEquals(with.resolve("a.jpg"), pairs.get(0).positive());
    assertEquals(without.resolve("b.JPEG"), pairs.get(1).negative());
  }

  @Test
  void namesEveryFileWithoutAPartner() throws IOException {
    String message = refusal(folder("with", "a.png", "b.png"), folder("without", "b.png", "c.png"));
    assertTrue(
        message.contains("a.png") && message.contains("c.png") && !message.contains("b.png"),
        message);
  }

  @Test
  void refusesEmptyAndMissingFoldersAndTwins() throws IOException {
    Path some = folder("some", "a.png");
    assertTrue(refusal(some, folder("empty")).contains("empty"));
    assertTrue(refusal(some, folder.resolve("nowhere")).contains("nowhere"));
    assertTrue(refusal(folder("twins", "a.png", "a.jpg"), some).contains("a.jpg"));
  }

  @Test
  void readsTablesAndNamesTheLineThatIsWrong() throws IOException {
    folder("pictures", "a.png", "b.png");
    Path table =
        Files.writeString(
            folder.resolve("pairs.csv"), "positive,negative\npictures/a.png, pictures/b.png\n");
    assertEquals(1, ImagePair.table(table).size());
    Files.writeString(table, "pictures/a.png,pictures/b.png\npictures/a.png,gone.png\n");
    String message = assertThrows(HspaceException.class, () -> ImagePair.table(table)).getMessage();
    assertTrue(message.contains("line 2") && message.contains("gone.png"), message);
  }
}
