package org.hspace.pipeline;

import java.util.List;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Utf8;

/**
 * Which image a trajectory was inverted from.
 *
 * @param name its file name, without directories
 * @param sha256 of the file's bytes, in hexadecimal; empty where there is no file
 */
public record ImageSource(String name, String sha256) {
  /** The C++ values; of the enclosing scope. */
  static HspaceNative.ImageSources toNative(List<ImageSource> sources) {
    HspaceNative.ImageSources all = new HspaceNative.ImageSources();
    for (ImageSource source : sources) {
      all.add(
          new HspaceNative.ImageSource()
              .name(Utf8.bytes(source.name))
              .sha256(Utf8.bytes(source.sha256)));
    }
    return all;
  }
}
