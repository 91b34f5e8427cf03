package org.hspace.pipeline;

import org.hspace.HspaceException;

/**
 * Where the network runs.
 *
 * @param name {@code cpu}, {@code cuda} or {@code cuda:i}
 */
public record Device(String name) {
  /** The processor. */
  public static final Device CPU = new Device("cpu");

  public Device {
    if (!name.matches("cpu|cuda(:\\d{1,3})?")) {
      throw new HspaceException("device: expected cpu, cuda or cuda:N, found '" + name + "'");
    }
  }

  /** True for the processor, false for a GPU. */
  public boolean isCpu() {
    return name.equals("cpu");
  }

  org.bytedeco.pytorch.Device toNative() {
    return new org.bytedeco.pytorch.Device(name);
  }
}
