package org.hspace.cli;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code hspace direction} end to end. */
class DirectionCommandTest extends CommandTest {
  @Test
  void directionsAreAddedScaledAndLimited() {
    run("pca --samples 12 --components 2 --steps 4 --out", file("p.safetensors"));
    String p = file("p.safetensors");
    run("direction sum", p + ":0=1", p + ":1=-0.5", "--name both --out", file("s.safetensors"));
    run("direction scale", p + ":0", "--by 2 --name twice --out", file("t.safetensors"));
    contains(
        run("direction normalize", p + ":0", "--out", file("n.safetensors")).out(),
        "norm 1.000 over 4");
    run("direction window", p + ":0", "--window 0-0.5 --name early --out", file("w.safetensors"));
    run(
        "direction merge",
        file("s.safetensors"),
        file("t.safetensors"),
        p,
        "--out",
        file("m.safetensors"));
    contains(info("m.safetensors"), "both", "twice", "pc0", "pc1");
    // The same edit, written in two ways.
    String edit = "edit --seeds 1 --steps 4 --images";
    run(edit, file("a"), "--direction", file("m.safetensors") + ":both=2", "--out", file("a.png"));
    run(
        edit,
        file("b"),
        "--direction",
        p + ":0=2",
        "--direction",
        p + ":1=-1",
        "--out",
        file("b.png"));
    assertSamePicture("a/row-0-column-1.png", "b/row-0-column-1.png");
    refused(
        arguments("direction merge", p, p, "--out", file("x.safetensors")), "two are called pc0");
    for (String name : List.of("a:b", "a=1", "a,b")) {
      refused(
          arguments(
              "direction scale", p + ":0 --by 2 --out", file("x.safetensors"), "--name", name),
          "--name",
          "without",
          name);
    }
    refused(
        arguments("direction sum", p + ":0", "--name q --out", file("no/x.safetensors")),
        "does not exist");
  }
}
