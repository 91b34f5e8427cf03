package org.hspace.trajectory;

/**
 * Which image a trajectory was inverted from.
 *
 * @param name its file name, without directories
 * @param sha256 of the file's bytes, in hexadecimal; empty where there is no file
 */
public record ImageSource(String name, String sha256) {}
