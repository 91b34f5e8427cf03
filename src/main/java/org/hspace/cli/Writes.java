package org.hspace.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks an option as one that names an output; {@link Outputs} checks it before the work. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface Writes {
  /** What is written. */
  enum As {
    /** Safetensors, written in any order: a regular file. */
    TENSORS,
    PICTURE,
    ANIMATION,
    TEXT,
    FOLDER,
    /** A picture, or many in a folder: see {@link Outputs#isFolder}. */
    PICTURE_OR_FOLDER
  }

  /** What is written under the name. */
  As value();

  /** Ends of the names of what else is written: the name itself with each of these behind it. */
  String[] beside() default {};

  /** Of a folder, the names of the files that are made in it, as a regular expression. */
  String names() default "";
}
