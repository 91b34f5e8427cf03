package org.hspace.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.hspace.HspaceException;

/**
 * A table as spreadsheets write it: cells separated by commas, quoted where they hold commas,
 * quotes or line breaks (RFC 4180), with any line ends, with or without a byte order mark.
 * Spreadsheets of countries whose decimal sign is the comma separate by semicolons, and some by
 * tabs; the first row tells.
 *
 * @param file where it was read
 * @param separator of the cells
 * @param rows without blank lines
 */
public record CsvTable(Path file, char separator, List<Row> rows) {
  private static final char COMMA = ',';
  private static final String OTHERS = ";\t";

  /**
   * One row.
   *
   * @param line of the file on which it ends, counted from 1
   * @param cells without blanks around them
   */
  public record Row(long line, List<String> cells) {}

  /**
   * Reads a table.
   *
   * @throws HspaceException naming the file, when it is not there or no text, and the line of a
   *     quoted cell that does not end
   */
  public static CsvTable read(Path file) {
    String text = TextFile.read(file);
    char separator = separator(text);
    CSVFormat format =
        CSVFormat.DEFAULT
            .builder()
            .setDelimiter(separator)
            .setIgnoreSurroundingSpaces(true)
            .setIgnoreEmptyLines(true)
            .get();
    List<Row> rows = new ArrayList<>();
    try (CSVParser parser = CSVParser.parse(text, format)) {
      for (CSVRecord each : parser) {
        rows.add(new Row(parser.getCurrentLineNumber(), each.toList()));
      }
    } catch (IOException | UncheckedIOException e) {
      throw new HspaceException(file + ": no table: " + e.getMessage(), e);
    }
    return new CsvTable(file, separator, rows);
  }

  /** That of the first row; a comma, where it has one, also beside others. */
  private static char separator(String text) {
    boolean quoted = false;
    char found = COMMA;
    for (char each : text.stripLeading().toCharArray()) {
      if (each == '"') quoted = !quoted;
      if (quoted) continue;
      if (each == COMMA) return COMMA;
      if (each == '\n' || each == '\r') break;
      if (found == COMMA && OTHERS.indexOf(each) >= 0) found = each;
    }
    return found;
  }

  /**
   * A cell as a number, with the decimal sign that goes with the separator.
   *
   * @throws NumberFormatException when it is none
   */
  public double number(String cell) {
    return Double.parseDouble(separator == COMMA ? cell : cell.replace(COMMA, '.'));
  }

  /** An error in a row. */
  public HspaceException error(Row row, String expected) {
    return new HspaceException(
        "%s, line %d: expected %s, found %s"
            .formatted(
                file, row.line(), expected, String.join(String.valueOf(separator), row.cells())));
  }

  /** A table as text: rows of cells, separated by commas, quoted where that is needed. */
  public static String text(List<? extends List<?>> rows) {
    CSVFormat format = CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();
    StringBuilder text = new StringBuilder();
    try {
      for (List<?> row : rows) format.printRecord(text, row.toArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringBuilder has none
    }
    return text.toString();
  }
}
