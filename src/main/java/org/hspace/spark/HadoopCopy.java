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
    try {
      HadoopCopy copy = new HadoopCopy(uri, session);
      if (copy.target.getFileSystem(copy.configuration).exists(copy.target))
        throw new HspaceException("--copy-h " + uri + ": expected nothing there, found something");
      return copy;
    } catch (IOException | IllegalArgumentException e) {
      throw failed(uri, e);
    }
  }

  /** Copies a folder there. */
  void of(Path folder) {
    try {
      FileSystem system = target.getFileSystem(configuration);
      system.copyFromLocalFile(new org.apache.hadoop.fs.Path(folder.toUri()), target);
    } catch (IOException e) {
      throw failed(uri, e);
    }
  }

  private static HspaceException failed(String uri, Exception e) {
    String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return new HspaceException("--copy-h " + uri + ": " + reason, e);
  }
}
