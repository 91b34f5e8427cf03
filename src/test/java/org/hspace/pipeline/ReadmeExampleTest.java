package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's program in Java compiles, runs, and writes its pictures. */
class ReadmeExampleTest {
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  private static final List<String> PACKAGES = List.of("directions", "image", "pipeline");

  @TempDir Path folder;

  @Test
  void runs() throws Exception {
    Matcher block = BLOCK.matcher(Files.readString(Path.of("README.md")));
    assertTrue(block.find(), "README.md: expected a block of Java");
    StringBuilder program = new StringBuilder("import java.nio.file.*;\nimport java.util.*;\n");
    for (String name : PACKAGES) program.append("import org.hspace." + name + ".*;\n");
    program.append("public class Example {\n  public static void run(Path folder) {\n");
    // Its pictures go to a folder of the test's own.
    program.append(block.group(1).replace("Path.of(\"smiling-\"", "folder.resolve(\"smiling-\""));
    program.append("  }\n}\n");
    compile(Files.writeString(folder.resolve("Example.java"), program));
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      loader.loadClass("Example").getMethod("run", Path.class).invoke(null, folder);
    }
    for (int face = 0; face < 2; face++) {
      RgbImage picture = ImageFile.read(folder.resolve("smiling-" + face + ".png"));
      assertEquals(64, picture.width());
    }
  }

  private static void compile(Path source) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-classpath", System.getProperty("java.class.path"), "-proc:none");
      boolean compiled =
          compiler
              .getTask(
                  complaints, files, null, options, null, files.getJavaFileObjects(source.toFile()))
              .call();
      assertTrue(compiled, complaints.toString());
    }
  }
}
