package org.hspace.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.SparkSession;

/** Runs the commands on its standard input, a line each, in one Spark application. */
public final class DriverOfCommands {
  static final String EXIT = "exit ";

  private DriverOfCommands() {}

  public static void main(String[] arguments) throws IOException {
    Engine.unboundTensors();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (SparkSession session = SparkSession.builder().getOrCreate()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int code =
            Main.run(
                new PrintWriter(System.out, true),
                new PrintWriter(System.err, true),
                line.split("\t"));
        System.out.println(EXIT + code);
      }
    }
  }
}
