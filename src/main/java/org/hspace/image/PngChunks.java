package org.hspace.image;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** The chunks of a PNG file, of which ImageIO shows but some. */
final class PngChunks {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  /** Bytes of a chunk's length, type and checksum. */
  private static final int FRAME = 12;

  private static final int MOST_KEYWORD = 79;

  /**
   * One chunk.
   *
   * @param type four letters
   */
  record Chunk(String type, byte[] data) {}

  private PngChunks() {}

  /** The chunks of a file that ImageIO wrote. */
  static List<Chunk> of(byte[] png) {
    List<Chunk> chunks = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(png);
    int at = SIGNATURE.length;
    while (at < png.length) {
      int length = buffer.getInt(at);
      String type = new String(png, at + 4, 4, StandardCharsets.US_ASCII);
      chunks.add(new Chunk(type, Arrays.copyOfRange(png, at + 8, at + 8 + length)));
      at += FRAME + length;
    }
    return chunks;
  }

  /** The data of all chunks of a type, one behind the other. */
  static byte[] joined(List<Chunk> chunks, String type) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    chunks.stream().filter(chunk -> chunk.type.equals(type)).forEach(c -> all.writeBytes(c.data));
    return all.toByteArray();
  }

  /** Texts by their keywords, as chunks: tEXt, or iTXt for what Latin-1 has no letters for. */
  static List<Chunk> texts(Map<String, String> texts) {
    List<Chunk> chunks = new ArrayList<>();
    texts.forEach((keyword, text) -> chunks.add(text(keyword, text)));
    return chunks;
  }

  private static Chunk text(String keyword, String text) {
    if (!keyword.matches("[!-~][ -~]*") || keyword.length() > MOST_KEYWORD)
      throw new IllegalArgumentException("keyword of a PNG: " + keyword);
    String clean = text.replace("\0", "");
    boolean latin = StandardCharsets.ISO_8859_1.newEncoder().canEncode(clean);
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes(keyword.getBytes(StandardCharsets.ISO_8859_1));
    // Of iTXt: not compressed, of no named language, the keyword not translated.
    data.writeBytes(new byte[latin ? 1 : 5]);
    data.writeBytes(clean.getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
    return new Chunk(latin ? "tEXt" : "iTXt", data.toByteArray());
  }

  /** Writes a file of these chunks. */
  static void write(List<Chunk> chunks, OutputStream to) throws IOException {
    DataOutputStream out = new DataOutputStream(to);
    out.write(SIGNATURE);
    for (Chunk chunk : chunks) {
      byte[] type = chunk.type.getBytes(StandardCharsets.US_ASCII);
      CRC32 sum = new CRC32();
      sum.update(type);
      sum.update(chunk.data);
      out.writeInt(chunk.data.length);
      out.write(type);
      out.write(chunk.data);
      out.writeInt((int) sum.getValue());
    }
    out.flush();
  }
}
