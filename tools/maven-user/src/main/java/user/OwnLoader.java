package user;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;

/** Runs {@link Faces} in a class loader that the program's own class loader knows nothing of. */
public final class OwnLoader {
  private OwnLoader() {}

  /** Class path, model and picture. */
  public static void main(String[] arguments) throws Exception {
    URL[] jars =
        Arrays.stream(arguments[0].split(":")).map(OwnLoader::url).toArray(URL[]::new);
    try (URLClassLoader loader = new URLClassLoader(jars, ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      loader
          .loadClass("user.Faces")
          .getMethod("main", String[].class)
          .invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
    }
  }

  private static URL url(String jar) {
    try {
      return Path.of(jar).toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(jar, e);
    }
  }
}
