package org.hspace.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import org.bytedeco.javacpp.Loader;
import org.hspace.HspaceException;

/**
 * Hugging Face's tokenizers, as DJL builds them for Java: its native methods alone. DJL's own way
 * to load them looks for GPUs, keeps a folder in the user's home, and downloads.
 */
final class TokenizerNative {
  private static final String NAME = "tokenizers";
  private static boolean loaded;

  private TokenizerNative() {}

  /** The library, loaded once. */
  static synchronized TokenizersLibrary library() {
    if (!loaded) {
      try {
        load();
      } catch (IOException | LinkageError e) {
        throw new HspaceException(
            "cannot load the tokenizers' native library: "
                + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
            e);
      }
      loaded = true;
    }
    return TokenizersLibrary.LIB;
  }

  private static void load() throws IOException {
    String file = System.mapLibraryName(NAME);
    for (String folder : readyFolders()) {
      File ready = new File(folder, file).getAbsoluteFile();
      if (ready.isFile()) {
        System.load(ready.getPath());
        return;
      }
    }
    String resource = "/native/lib/" + Loader.getPlatform() + "/cpu/" + file;
    URL packed = TokenizersLibrary.class.getResource(resource);
    if (packed == null) throw new IOException("there is none for " + Loader.getPlatform());
    System.load(Loader.cacheResource(packed).getPath()); // beside JavaCPP's own
  }

  /** Where libraries lie unpacked, when JavaCPP was told to look there first. */
  private static String[] readyFolders() {
    if (!Boolean.getBoolean("org.bytedeco.javacpp.pathsFirst")) return new String[0];
    return System.getProperty("java.library.path", "").split(File.pathSeparator);
  }
}
