package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.TinyClassifier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code hspace edit} and {@code evaluate --real} on a user's pictures, end to end. */
class PhotographCommandTest extends CommandTest {
  private static final int SIDE = 16;

  private String direction;

  @BeforeEach
  void makePicturesAndDirection() {
    run("sample --seeds 2-3 --steps 4 --images", file("in"));
    run(
        "examples --positive-seeds 1,2 --negative-seeds 3,4 --steps 3 --name smile --out",
        file("d.safetensors"));
    direction = file("d.safetensors") + ":smile";
  }

  /** Largest difference of two pictures in columns of pixels, by number. */
  private double difference(String one, String other, int from, int to) {
    float[] a = image(one).values();
    float[] b = image(other).values();
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      if (i % SIDE >= from && i % SIDE < to) most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }

  @Test
  void picturesAreInvertedAndEditedInOneGo() {
    String pictures = file("in/seed-2.png") + " " + file("in/seed-3.png");
    run(
        "edit",
        pictures,
        "--steps 4 --direction",
        direction + "=3",
        "--images",
        file("cells"),
        "--out",
        file("sheet.png"));
    assertTrue(image("sheet.png").width() > 3 * SIDE);
    for (int row = 0; row < 2; row++) {
      String cell = "cells/seed-" + (2 + row);
      String input = "in/seed-" + (2 + row) + ".png";
      assertSamePicture(input, cell + "_reconstruction.png");
      assertTrue(difference(input, cell + "_edited.png", 0, SIDE) > 0.05, cell);
    }
    run(
        "edit",
        file("in"), // a folder's pictures, the same
        "--steps 4 --mask 0,0,8,16 --direction",
        direction + "=3 --images",
        file("masked"),
        "--out",
        file("masked.png"));
    assertTrue(difference("in/seed-3.png", "masked/seed-3_edited.png", 0, 8) > 0.05);
    assertTrue(difference("in/seed-3.png", "masked/seed-3_edited.png", 8, SIDE) < 0.01);
  }

  @Test
  void editsOfPicturesAreLocalUnlessAskedOtherwise() {
    String picture = file("in/seed-2.png");
    run("invert", picture, "--steps 4 --eta 1 --out", file("t.safetensors"));
    String edit = "--direction " + direction + "=3 --images";
    run("edit --trajectory", file("t.safetensors"), edit, file("a"), "--out", file("a.png"));
    run(
        "edit",
        picture,
        "--steps 4 --skip 0 --relax keep --no-keep-background",
        edit,
        file("b"),
        "--out",
        file("b.png"));
    assertSamePicture("a/seed-2_edited.png", "b/seed-2_edited.png");
    run("edit", picture, "--steps 4", edit, file("c"), "--out", file("c.png"));
    run(
        "edit --trajectory",
        file("t.safetensors"),
        "--skip 0.3 --relax 1 --keep-background",
        edit,
        file("d"),
        "--out",
        file("d.png"));
    assertSamePicture("d/seed-2_edited.png", "c/seed-2_edited.png");
    assertFalse(
        Arrays.equals(
            image("a/seed-2_edited.png").values(), image("c/seed-2_edited.png").values()));
    run("edit", picture, "--steps 4 --skip 1", edit, file("e"), "--out", file("e.png"));
    assertSamePicture("in/seed-2.png", "e/seed-2_edited.png");
  }

  @Test
  void aFolderBecomesAFolderAndWhatIsThereIsLeft() throws IOException {
    Files.move(folder.resolve("in/seed-3.png"), folder.resolve("in/other.png"));
    Files.writeString(folder.resolve("in/notes.txt"), "no picture");
    String command =
        "edit --images %s --steps 3 --direction %s=3 --out %s"
            .formatted(file("in"), direction, file("out"));
    run(command);
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      assertEquals(
          List.of("hspace-edit.json", "other.png", "seed-2.png"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    byte[] first = Files.readAllBytes(folder.resolve("out/seed-2.png"));
    Files.delete(folder.resolve("out/seed-2.png"));
    Files.writeString(folder.resolve("out/other.png"), "precious");
    contains(run(command).err(), "1 of 2 pictures were there already");
    assertArrayEquals(first, Files.readAllBytes(folder.resolve("out/seed-2.png")));
    assertEquals("precious", Files.readString(folder.resolve("out/other.png")));
    run(command + " --batch 1"); // which changes nothing
    refused(
        arguments(command.replace("--steps 3", "--steps 4")),
        file("out"),
        "--steps 3",
        "--steps 4");
    refused(
        arguments(command.replace("=3", "=2")), file("out"), direction + "=3", direction + "=2");
    Files.delete(folder.resolve("out/hspace-edit.json"));
    refused(arguments(command), "out/", "hspace-edit.json", "another --out");
    assertTrue(difference("in/seed-2.png", "out/seed-2.png", 0, SIDE) > 0.05);
  }

  @Test
  void whatCannotBeIsRefusedBeforeTheWork() throws IOException {
    String picture = file("in/seed-2.png");
    String edit = "--direction " + direction + "=3 --out " + file("x.png");
    refused(arguments("edit", picture, "--seeds 1", edit), "--seeds", "no effect beside pictures");
    refused(arguments("edit --fit pad", edit), "--fit", "no effect without pictures");
    refused(arguments("edit --mask 0,0,2,2", edit), "--mask", "no effect without");
    refused(arguments("edit", picture, "--relax 2", edit), "--relax", "0 to 1", "2");
    refused(arguments("edit", picture, "--relax some", edit), "--relax", "keep", "some");
    refused(arguments("edit", picture, "--skip -1", edit), "--skip", "0 to 1", "-1");
    refused(arguments("edit", file("gone.png"), edit), "gone.png", "no such file");
    String free = "--direction " + direction + " --out " + file("folder");
    refused(arguments("edit", picture, free), "folder", "=STRENGTH");
    refused(arguments("edit", free.replace(" --out", "=1 --out")), "--out", "folder", "pictures");
    refused(
        arguments("edit --images", file("in"), "--direction", direction + "=1 --out", file("in")),
        "would write the same file");
    refused(
        arguments("edit", picture, "--direction", direction + "=1 --out", file("in")),
        "--out",
        "another folder",
        "seed-2.png");
    ImageFile.write(folder.resolve("in/seed-2.jpg"), image("in/seed-2.png"));
    Files.move(folder.resolve("in/seed-2.jpg"), folder.resolve("in/seed-2.bmp"));
    refused(
        arguments("edit --images", file("in"), free.replace(" --out", "=1 --out")),
        "seed-2.bmp",
        "seed-2.png",
        "would both be written");
    assertFalse(Files.exists(folder.resolve("x.png")));
  }

  @Test
  void aPictureThatTheModelTakesBadlyIsSaidToBe() {
    float[] noise = new float[3 * SIDE * SIDE];
    Random random = new Random(1);
    for (int i = 0; i < noise.length; i++) noise[i] = random.nextBoolean() ? 1 : -1;
    ImageFile.write(folder.resolve("noise.png"), new RgbImage(SIDE, SIDE, noise));
    String edit = "--steps 2 --direction " + direction + "=1 --out " + file("x.png");
    contains(run("edit", file("noise.png"), edit).err(), "warning", "noise.png", "unlike");
  }

  @Test
  void editsOfPicturesAreMeasuredBesideSamples() throws IOException {
    String evaluate = "evaluate --classifier " + TinyClassifier.DIRECTORY + " --real ";
    CommandRun run =
        run(
            evaluate + file("in"),
            "--direction",
            direction,
            "--samples 3 --strength 2 --skips 0,1 --etas 1,0.5 --step-counts 2,3 --json",
            file("real.json"),
            "--out",
            file("real.csv"));
    contains(run.out(), "smile", "effect", "outside", "psnr");
    JsonArray rows = json("real.json").getAsJsonArray("rows");
    assertEquals(8, rows.size());
    assertEquals(9, Files.readAllLines(folder.resolve("real.csv")).size());
    for (int i = 0; i < 8; i++) {
      JsonObject row = rows.get(i).getAsJsonObject();
      assertEquals("smile", row.get("direction").getAsString());
      assertEquals(i < 4 ? 2 : 3, row.get("steps").getAsInt());
      assertEquals(i % 4 < 2 ? 1 : 0.5, row.get("eta").getAsDouble());
      assertEquals(i % 2, row.get("skip").getAsDouble());
      assertTrue(row.get("psnr_db").getAsDouble() > 60);
      boolean edited = i % 2 == 0;
      assertEquals(edited, row.get("inside").getAsDouble() > 1e-3);
      if (!edited) {
        assertEquals(0, row.get("effect").getAsDouble(), 1e-3);
        assertEquals(0, row.get("outside").getAsDouble(), 1e-3);
      }
      assertTrue(row.get("outside_samples").getAsDouble() > 0);
    }
    refused(arguments(evaluate + file("in")), "--real", "--set or --direction");
    refused(
        arguments(evaluate + file("gone"), "--direction", direction), "gone", "expected a folder");
    refused(
        arguments(evaluate + file("in"), "--skips 2 --direction", direction), "--skips", "0 to 1");
    refused(
        arguments(evaluate + file("in"), "--amount 1 --direction", direction),
        "--amount",
        "no effect beside --real");
  }
}
