package org.hspace.studio;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The system's Chromium, without a window; a test that needs it is skipped where there is none. */
final class Browser implements AutoCloseable {
  /** Where pictures of pages are kept, to be looked at. */
  static final Path PICTURES = Path.of("target/studio-pages");

  /** Widths that pages are looked at in, of a telephone's and of desks'. */
  static final int[] WIDTHS = {400, 1280, 2560};

  static final int PATIENCE_MS = 300_000; // on a machine that does other things, too

  private final Playwright playwright;
  private final com.microsoft.playwright.Browser browser;
  final List<String> complaints = new CopyOnWriteArrayList<>();

  Browser() {
    Path program =
        Stream.of(System.getenv("PATH").split(":"))
            .flatMap(
                folder ->
                    Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(Path.of(folder)::resolve))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    Assumptions.assumeTrue(
        program != null,
        "the page is not tested: there is no chromium; tools/setup --browser installs it");
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(program)
                    .setArgs(Arrays.asList("--no-sandbox", "--disable-gpu")));
  }

  /** A person's browser, with cookies of its own. */
  BrowserContext person(int width, ColorScheme colours) {
    BrowserContext context =
        browser.newContext(
            new com.microsoft.playwright.Browser.NewContextOptions()
                .setViewportSize(width, width < 600 ? 800 : width > 2000 ? 1440 : 860)
                .setColorScheme(colours));
    context.setDefaultTimeout(PATIENCE_MS);
    context.onConsoleMessage(this::hear);
    context.onWebError(error -> complaints.add(error.error()));
    return context;
  }

  private void hear(ConsoleMessage message) {
    if (message.type().equals("error")) complaints.add(message.text());
  }

  /** Keeps a picture of all of a page, at each width; the page is left at its own. */
  static void look(Page page, String name) {
    var before = page.viewportSize();
    for (int width : WIDTHS) {
      page.setViewportSize(width, width < 600 ? 800 : width > 2000 ? 1440 : 860);
      page.waitForTimeout(400);
      page.screenshot(
          new Page.ScreenshotOptions()
              .setPath(PICTURES.resolve(name + "-" + width + ".png"))
              .setFullPage(true));
    }
    page.setViewportSize(before.width, before.height);
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
