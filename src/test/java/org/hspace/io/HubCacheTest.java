package org.hspace.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCacheTest {
  private static final Path HOME = Path.of("/home/somebody");

  private static Path folder(Map<String, String> environment) {
    return new HubCache(environment, HOME).folder();
  }

  @Test
  void liesWhereTheEnvironmentSays() {
    assertEquals(HOME.resolve(".cache/huggingface/hub"), folder(Map.of()));
    assertEquals(HOME.resolve(".cache/huggingface/hub"), folder(Map.of("HF_HOME", "")));
    assertEquals(Path.of("/x/huggingface/hub"), folder(Map.of("XDG_CACHE_HOME", "/x")));
    assertEquals(Path.of("/hf/hub"), folder(Map.of("HF_HOME", "/hf", "XDG_CACHE_HOME", "/x")));
    assertEquals(Path.of("/hub"), folder(Map.of("HF_HUB_CACHE", "/hub", "HF_HOME", "/hf")));
  }

  @Test
  void findsWhatWasDownloaded(@TempDir Path hub) throws IOException {
    HubCache cache = new HubCache(Map.of("HF_HUB_CACHE", hub.toString()), HOME);
    Path model = hub.resolve("models--google--ddpm-cifar10-32");
    Files.createDirectories(model);
    assertEquals(Optional.empty(), cache.find("google/ddpm-cifar10-32"));
    Files.createDirectory(model.resolve("snapshots"));
    assertEquals(Optional.of(model), cache.find("google/ddpm-cifar10-32"));
    assertEquals(Optional.empty(), cache.find("google/other"));
  }

  @Test
  void namesHaveOneOwner() {
    assertTrue(HubCache.isName("CompVis/ldm-celebahq-256"));
    assertTrue(HubCache.isName("stabilityai/stable-diffusion-2-1"));
    for (String other : new String[] {"model", "a/b/c", "./model", "../model", "/a/b", "a b/c"})
      assertFalse(HubCache.isName(other), other);
  }
}
