package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeLibrary;
import org.junit.jupiter.api.Test;

class DeviceTest {
  @Test
  void aGpuThatIsNotThereIsTheUsersError() {
    NativeLibrary.load();
    int count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    Device missing = new Device("cuda:" + count);
    assertNames(
        missing,
        () -> Model.open(TinyModel.DIRECTORY, ModelOptions.DEFAULT.withDevice(missing)).close());
    assertNames(
        missing, () -> Classifier.open(Path.of("models/avatars-64/classifier"), missing).close());
    if (count == 0) {
      assertNames(
          new Device("cuda"),
          () ->
              Model.open(TinyModel.DIRECTORY, ModelOptions.DEFAULT.withDevice(new Device("cuda")))
                  .close());
    }
  }

  private static void assertNames(Device device, Runnable open) {
    String message = assertThrows(HspaceException.class, open::run).getMessage();
    assertTrue(message.startsWith("device " + device.name() + ":"), message);
  }
}
