package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.DoubleOptional;
import org.hspace.HspaceException;
import org.hspace.io.PathText;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.Utf8;

/**
 * A direction as the user names it: {@code FILE:WHICH[=STRENGTH]} or {@code NAME[=STRENGTH]}.
 *
 * <p>WHICH is a number counted from 0 or a name in the file. A bare NAME is looked up in the files
 * of the model's {@code directions/} folder; a bare file that holds a single direction needs no
 * WHICH.
 *
 * @param text the whole as given, for messages
 * @param file the file, or null for a bare name
 * @param which number or name; empty for the only direction of a file
 * @param strength γ, when given
 */
public record DirectionSpec(String text, Path file, String which, OptionalDouble strength) {
  /**
   * Reads the text form.
   *
   * @throws HspaceException when the strength is no number or nothing is named
   */
  public static DirectionSpec parse(String text) {
    return NativeCall.scoped(
        () -> {
          HspaceNative.DirectionSpec read = HspaceNative.DirectionSpec.parse(Utf8.bytes(text));
          return new DirectionSpec(
              text,
              read.file().has_value() ? PathText.parse(Utf8.string(read.file().get())) : null,
              Utf8.string(read.which()),
              read.strength().has_value()
                  ? OptionalDouble.of(read.strength().get())
                  : OptionalDouble.empty());
        });
  }

  private HspaceNative.DirectionSpec toNative() {
    return HspaceNative.DirectionSpec.parse(Utf8.bytes(text));
  }

  /**
   * For uses that know no strength.
   *
   * @throws HspaceException when one was given
   */
  public void refuseStrength() {
    NativeCall.scoped(() -> toNative().refuseStrength());
  }

  /**
   * Loads the direction, to be closed by the caller.
   *
   * @throws HspaceException when file or direction do not exist, or it was made with another model
   */
  public Direction resolve(Model model) {
    return new Direction(() -> model.use(() -> toNative().resolve(model.handle())));
  }

  /** Where the direction comes from. */
  public Provenance provenance(Model model) {
    return Provenance.of(() -> model.use(() -> toNative().provenance(model.handle())));
  }

  /** The strength at which the direction shows what it does, where its file says one. */
  public OptionalDouble suggestedStrength(Model model) {
    return NativeCall.scoped(
        () -> model.use(() -> optional(toNative().suggestedStrength(model.handle()))));
  }

  /** A number that may be missing. */
  static OptionalDouble optional(DoubleOptional found) {
    return found.has_value() ? OptionalDouble.of(found.get()) : OptionalDouble.empty();
  }
}
