package org.hspace.spark;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.SparkSession;
import org.hspace.HspaceException;

/** A copy of a folder on any file system that Hadoop knows. */
final class HadoopCopy {
  private final String uri;
  private final org.apache.hadoop.fs.Path target;
  private final Configuration configuration;

  private HadoopCopy(String uri, SparkSession session) {
    this.uri = uri;
    this.target = new org.apache.hadoop.fs.Path(uri);
    this.configuration = session.sparkContext().hadoopConfiguration();
  }

  /**
   * Looks whether there can be one, before the work.
   *
   * @throws HspaceException when something of that name is there, or no such file system
   */
  static HadoopCopy to(String uri, SparkSession session) {
    requireVacant("--copy-h", uri, session);
    return new HadoopCopy(uri, session);
  }

  /**
   * Looks whether something can be written, before the work.
   *
   * @param option that names it, for messages
   * @throws HspaceException when something of that name is there, or no such file system
   */
  static void requireVacant(String option, String uri, SparkSession session) {
    try {
      org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(uri);
      if (path.getFileSystem(session.sparkContext().hadoopConfiguration()).exists(path))
        throw new HspaceException(option + " " + uri + ": expected nothing there, found something");
    } catch (IOException | IllegalArgumentException e) {
      throw failed(option, uri, e);
    }
  }

  /** Copies a folder there. */
  void of(Path folder) {
    try {
      FileSystem system = target.getFileSystem(configuration);
      system.copyFromLocalFile(new org.apache.hadoop.fs.Path(folder.toUri()), target);
    } catch (IOException e) {
      throw failed("--copy-h", uri, e);
    }
  }

  /** What was wrong with the file of an option, in a line. */
  static HspaceException failed(String option, String uri, Exception e) {
    String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return new HspaceException(option + " " + uri + ": " + reason, e);
  }
}
