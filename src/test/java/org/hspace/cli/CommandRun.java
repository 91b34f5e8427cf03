package org.hspace.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What one run of the program did: its exit code and what it wrote. */
record CommandRun(int code, String out, String err) {
  static CommandRun of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new CommandRun(code, out.toString(), err.toString());
  }
}
