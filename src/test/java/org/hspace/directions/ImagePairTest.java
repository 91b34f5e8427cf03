package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hspace.HspaceException;
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

  @Test
  void readsTablesAsSpreadsheetsWriteThem() throws IOException {
    folder("pictures", "a, b.png", "c;d.png", "e \"f\".png");
    Path table = folder.resolve("pairs.csv");
    for (String text :
        List.of(
            "\ufeffpositive,negative\r\n\"pictures/a, b.png\",pictures/c;d.png\r\n\r\n",
            "positive;negative\n\"pictures/a, b.png\";\"pictures/c;d.png\"",
            "\n\"pictures/a, b.png\"\tpictures/c;d.png\n",
            "\"pictures/a, b.png\",\"pictures/e \"\"f\"\".png\"\n")) {
      Files.writeString(table, text);
      List<ImagePair> pairs = ImagePair.table(table);
      assertEquals(1, pairs.size(), text);
      assertEquals("a, b.png", pairs.get(0).positive().getFileName().toString());
    }
    Files.writeString(table, "\"pictures/a, b.png,x\n");
    String message = assertThrows(HspaceException.class, () -> ImagePair.table(table)).getMessage();
    assertTrue(message.contains("pairs.csv") && message.lines().count() == 1, message);
  }
}
