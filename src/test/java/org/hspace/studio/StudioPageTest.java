package org.hspace.studio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Frame;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.hspace.app.Checkpoint;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The page in a real browser, on the shipped model. What it looks like is kept as pictures in
 * {@code target/studio-pages}, to be looked at.
 */
final class StudioPageTest extends StudioTest {
  private static final Path MODEL = Path.of("models/avatars-64");
  private static final String SMILE = "[id='slider-smile-only']";

  /** The pixels of the picture that is shown, all of them, once all steps have been made. */
  private static final String PIXELS =
      "() => { const shown = document.querySelector('#edited[data-quality=full]');"
          + " if (!shown || !shown.complete || !shown.naturalWidth) return null;"
          + " const canvas = document.createElement('canvas');"
          + " canvas.width = shown.naturalWidth; canvas.height = shown.naturalHeight;"
          + " const context = canvas.getContext('2d'); context.drawImage(shown, 0, 0);"
          + " return context.getImageData(0, 0, canvas.width, canvas.height).data.join(); }";

  private static final int POLL_MS = 20;

  private static Browser browser;

  private BrowserContext person;
  private boolean mayComplain;
  private Page page;

  @BeforeAll
  static void launch() {
    browser = new Browser();
  }

  @AfterAll
  static void quit() {
    if (browser != null) browser.close();
  }

  @Override
  Model openModel() {
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
    return Model.open(MODEL, ModelOptions.DEFAULT);
  }

  @BeforeEach
  void open() {
    browser.complaints.clear();
    person = browser.person(1280, ColorScheme.LIGHT);
    page = person.newPage();
    page.navigate(studio.address());
    pixels();
  }

  @AfterEach
  void leave() {
    person.close();
    if (!mayComplain) assertEquals(List.of(), browser.complaints, "the page complains");
  }

  private String pixels() {
    return pixels(page);
  }

  private static String pixels(Page page) {
    return until(page, PIXELS, found -> found != null);
  }

  /** The full picture, once it is another one. */
  private static String changed(Page page, String before) {
    return until(page, PIXELS, found -> found != null && !found.equals(before));
  }

  /** What a script says, once it is as wanted; the page's own policy lets no script poll inside. */
  private static String until(Page page, String script, Predicate<String> wanted) {
    for (long tries = 0; tries < Browser.PATIENCE_MS / POLL_MS; tries++) {
      String found = (String) page.evaluate(script);
      if (wanted.test(found)) return found;
      page.waitForTimeout(POLL_MS);
    }
    throw new AssertionError("the page never became as it should");
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private void click(String name) {
    button(page, name).click();
  }

  private static void moveTo(Page page, String slider, int value) {
    page.locator(slider)
        .evaluate(
            "(input, value) => { input.value = value;"
                + " input.dispatchEvent(new Event('input', {bubbles: true}));"
                + " input.dispatchEvent(new Event('change', {bubbles: true})); }",
            value);
  }

  private Locator job(String name, String state) {
    Locator found =
        page.locator("li.job." + state).filter(new Locator.FilterOptions().setHasText(name));
    found.waitFor();
    return found;
  }

  @Test
  void thePictureFollowsTheHandAndTheEditCanBeUndone() {
    page.locator(".slider .cell[style*=blob]").last().waitFor();
    assertNothingJumps();
    Browser.look(page, "opened");
    String plain = pixels();
    BoundingBox slider = page.locator(SMILE).boundingBox();
    String before = page.locator("#edited").getAttribute("src");
    page.mouse().move(slider.x + slider.width / 2, slider.y + slider.height / 2);
    page.mouse().down();
    page.mouse().move(slider.x + slider.width * 0.8, slider.y + slider.height / 2);
    until(page, "() => document.querySelector('#edited').src", source -> !source.equals(before));
    page.mouse().up();
    String smiling = changed(page, plain);
    page.locator("[aria-label^='Wipe']").fill("50");
    Browser.look(page, "edited");
    click("undo");
    assertEquals(plain, changed(page, smiling));
    click("redo");
    assertEquals(smiling, changed(page, plain));
    click("reset");
    assertEquals(plain, changed(page, smiling));
  }

  /** Fails where anything moved without anybody's doing. */
  private void assertNothingJumps() {
    Object moved =
        page.evaluate(
            "() => new Promise(done => { const all = []; new PerformanceObserver(list => { for (const one of"
                + " list.getEntries()) if (!one.hadRecentInput) all.push(one); })"
                + ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(all.filter(one =>"
                + " one.value > 0.01).flatMap(one => one.sources.map(({node, previousRect, currentRect}) =>"
                + " `${node?.nodeName}.${node?.className} from ${previousRect.y} to ${currentRect.y}`))), 500); })");
    assertEquals(List.of(), moved);
  }

  @Test
  void theKeyboardIsEnough() {
    String plain = pixels();
    for (int i = 0; i < 60 && !focused().equals("slider-smile-only"); i++)
      page.keyboard().press("Tab");
    assertEquals("slider-smile-only", focused());
    page.keyboard().press("End");
    String smiling = changed(page, plain);
    page.keyboard().press("Control+z");
    assertEquals(plain, changed(page, smiling));
    assertEquals("0", page.locator(SMILE).inputValue());
    page.keyboard().press("d");
    assertNotEquals(plain, changed(page, plain), "the dice");
  }

  private String focused() {
    return (String) page.evaluate("() => document.activeElement.id");
  }

  @Test
  void everythingIsLabelledAndFitsANarrowWindow() {
    for (String way : new String[] {"components", "attributes", "examples", "remove an effect"}) {
      click(way);
      page.locator(".begin").waitFor();
      assertEquals(
          List.of(),
          page.evaluate(
              "() => [...document.querySelectorAll('button, input, select, a, canvas, [role=img]')]"
                  + ".filter(one => !(one.getAttribute('aria-label') ?? '').trim() && !one.textContent.trim()"
                  + " && !one.labels?.length && !one.closest('button[aria-label]')).map(one => one.outerHTML)"),
          way);
      page.setViewportSize(400, 800);
      Object wide = page.evaluate("() => document.documentElement.scrollWidth");
      assertEquals(400, wide, way + " at 400 pixels");
      page.setViewportSize(1280, 860);
    }
    page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
    Browser.look(page, "dark");
  }

  @Test
  void aMaskGivesLocalEdits() {
    String plain = pixels();
    click("rectangle");
    BoundingBox picture = page.locator("canvas.mask").boundingBox();
    page.mouse().move(picture.x + picture.width * 0.25, picture.y + picture.height * 0.5);
    page.mouse().down();
    page.mouse().move(picture.x + picture.width * 0.75, picture.y + picture.height * 0.85);
    page.mouse().up();
    click("find directions");
    Locator certified = page.locator(".certified").first();
    certified.waitFor();
    assertTrue(
        Pattern.matches("\\s*\\d+ % inside, residual .*", certified.textContent()),
        certified.textContent());
    page.locator(".slider:has(.certified) .thumb").nth(1).click();
    changed(page, plain);
    Browser.look(page, "mask");
  }

  @Test
  void whatIsSavedIsThereAfterAReload() throws IOException {
    String plain = pixels();
    moveTo(page, SMILE, 40);
    String smiling = changed(page, plain);
    Locator keep = page.locator(".keep");
    keep.getByLabel("name").fill("my smile");
    click("save direction");
    keep.getByText("saved as my smile").waitFor();
    assertTrue(Files.exists(workspace.resolve("my smile.safetensors")));
    click("commands");
    page.locator(".script").first().waitFor();
    Browser.look(page, "kept");
    page.reload();
    assertEquals(smiling, pixels());
    page.locator("summary").getByText("my smile").waitFor();
    page.getByLabel("Wipe").waitFor();
    assertEquals("40", page.locator(SMILE).inputValue());
  }

  @Test
  void anEditCanBeTakenAwayInEveryForm() throws IOException {
    moveTo(page, SMILE, 40);
    String[][] forms = {
      {"picture", "\u0089PNG"},
      {"grid", "\u0089PNG"},
      {"apng", "\u0089PNG"},
      {"gif", "GIF89a"},
      {"direction", "directions"}
    };
    for (String[] form : forms) {
      page.getByLabel("What to download").selectOption(form[0]);
      Download file = page.waitForDownload(() -> click("download"));
      String text = new String(Files.readAllBytes(file.path()), StandardCharsets.ISO_8859_1);
      assertTrue(text.contains(form[1]), form[0]);
      assertEquals(form[0].equals("apng"), text.contains("acTL"), form[0]);
    }
  }

  private void beginComponents(String name, int samples) {
    click("components");
    Locator form = page.locator(".begin");
    form.locator("[name=samples]").fill(String.valueOf(samples));
    form.locator("[name=components]").fill("6");
    form.locator("[name=name]").fill(name);
    form.getByRole(AriaRole.BUTTON).click();
    page.locator("li.job").getByText(name, new Locator.GetByTextOptions().setExact(true)).waitFor();
    click("components"); // folds the form
  }

  @Test
  void componentsAreFoundWhileTheSlidersAreUsed() {
    beginComponents("long", 20_000);
    page.locator(".known .cell[style*=blob]").first().waitFor();
    Browser.look(page, "components");
    String plain = pixels();
    moveTo(page, SMILE, 40);
    changed(page, plain);
    page.reload();
    job("long", "running").getByLabel("cancel long").click();
    job("long", "cancelled").getByLabel("go on with long").click();
    job("long", "running").getByLabel("cancel long").click();
    job("long", "cancelled").getByLabel("remove long from the list").click();
    page.getByText("Choose a way to find them.").waitFor();
    beginComponents("mine", 16);
    job("mine", "done");
    page.locator("[id='slider-workspace:mine.safetensors:pc0']").waitFor();
    Browser.look(page, "discovered");
  }

  @Test
  void examplesAreMarkedOnASheet() {
    click("examples");
    page.locator(".example .cell[style*=blob]").first().waitFor();
    for (int seed : new int[] {0, 3, 5, 5, 6, 6}) page.locator(".example").nth(seed).click();
    page.getByText("2 + and 2 −").waitFor();
    page.locator(".begin").getByLabel("name").fill("other");
    Browser.look(page, "examples");
    page.locator(".example").nth(7).click();
    assertTrue(page.locator(".begin .main").isDisabled(), "3 + and 2 − make no pairs");
    page.locator(".example").nth(7).click();
    page.locator(".example").nth(7).click();
    page.locator(".begin .main").click();
    job("other", "done");
    page.locator("[id='slider-workspace:other.safetensors:other']").waitFor();
  }

  @Test
  void attributesAreAnnotated() {
    click("attributes");
    Locator form = page.locator(".begin");
    form.locator("[name=samples]").fill("64");
    form.locator("[name=disentangled]").uncheck();
    form.locator("[name=name]").fill("faces");
    form.getByRole(AriaRole.BUTTON).click();
    job("faces", "done");
    page.locator("[id='slider-workspace:faces.safetensors:smile']").waitFor();
  }

  @Test
  void anEffectIsRemoved() {
    click("remove an effect");
    Locator form = page.locator(".begin");
    form.getByLabel("direction").selectOption("smile");
    form.getByLabel("gender", new Locator.GetByLabelOptions().setExact(true)).check();
    form.getByLabel("name").fill("smile alone");
    form.getByText("remove", new Locator.GetByTextOptions().setExact(true)).click();
    form.getByText(Pattern.compile("smile alone keeps \\d+ %")).waitFor();
    Browser.look(page, "removed");
    page.locator("[id='slider-workspace:smile alone.safetensors:smile alone']").waitFor();
  }

  @Test
  void aPhotographIsInvertedAndALargeOneRefused() throws IOException {
    String plain = pixels();
    byte[] face = client.get("/api/samples?seeds=7").body();
    Locator input = page.locator("input[type=file]");
    input.setInputFiles(new FilePayload("face.png", "image/png", face));
    page.getByText(Pattern.compile("round trip (exact|\\d+)")).waitFor();
    page.getByText(Pattern.compile("editable|unlike")).waitFor();
    String photograph = changed(page, plain);
    moveTo(page, SMILE, 40);
    changed(page, photograph);
    page.locator(".how summary").click();
    page.getByText("only where the edit acts").waitFor();
    Browser.look(page, "photograph");
    ByteArrayOutputStream large = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(10_000, 10_000, BufferedImage.TYPE_BYTE_BINARY), "png", large);
    assertEquals(List.of(), browser.complaints);
    mayComplain = true; // of what is refused
    input.setInputFiles(new FilePayload("large.png", "image/png", large.toByteArray()));
    page.getByRole(AriaRole.ALERT).getByText("24 million").waitFor();
    Browser.look(page, "refused");
  }

  @Test
  void twoTabsAreTwoPictures() {
    Page other = person.newPage();
    other.navigate(studio.origin());
    String there = pixels(other);
    String here = pixels();
    assertEquals(here, there);
    moveTo(page, SMILE, 60);
    moveTo(other, "[id='slider-hat-only']", 60);
    String smiling = changed(page, here);
    String hat = changed(other, there);
    assertNotEquals(smiling, hat);
    other.reload();
    assertEquals(hat, pixels(other), "each tab keeps its own");
    page.reload();
    assertEquals(smiling, pixels());
  }

  @Test
  void anotherSitesPageCannotAskForAnything() throws IOException {
    mayComplain = true; // of what is refused
    HttpServer evil =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    evil.createContext(
        "/",
        answer -> {
          byte[] html = "<h1>a hostile page</h1>".getBytes(StandardCharsets.UTF_8);
          answer.getResponseHeaders().set("Content-Type", "text/html");
          answer.sendResponseHeaders(200, html.length);
          answer.getResponseBody().write(html);
          answer.close();
        });
    evil.start();
    try {
      Page hostile = person.newPage(); // which has the cookie
      hostile.navigate("http://127.0.0.1:" + evil.getAddress().getPort() + "/");
      String begin =
          "{\"kind\": \"components\", \"name\": \"evil\", \"samples\": 20, \"components\": 2}";
      for (String mode : new String[] {"cors", "no-cors"}) {
        Object seen =
            hostile.evaluate(
                "async ([url, body, mode]) => { try { const answer = await fetch(url, {method: 'POST',"
                    + " body, mode, credentials: 'include'}); return answer.type + answer.status; }"
                    + " catch (error) { return 'refused'; } }",
                List.of(studio.origin() + "/api/jobs", begin, mode));
        assertTrue(List.of("refused", "opaque0").contains(seen), mode + " sees " + seen);
      }
      hostile.evaluate(
          "url => { const frame = document.createElement('iframe'); frame.src = url;"
              + " document.body.append(frame); return new Promise(done => { frame.onload = done;"
              + " setTimeout(done, 3000); }); }",
          studio.address());
      for (Frame frame : hostile.frames())
        assertEquals(0, frame.locator(".studio").count(), "the studio is in no frame");
      assertTrue(client.get("/api/jobs").json().getAsJsonArray("jobs").isEmpty());
      assertFalse(Files.exists(workspace), "nothing came of it");
    } finally {
      evil.stop(0);
    }
  }

  @Test
  void aKilledServerIsGoneOnWith() throws Exception {
    mayComplain = true; // of requests that nobody answers
    Path kept = temporary.resolve("kept");
    StudioProcess first = new StudioProcess(kept, 0);
    try {
      page.navigate(first.address());
      String plain = pixels();
      beginComponents("mine", 96);
      Path checkpoint = Checkpoint.beside(kept.resolve("mine.safetensors"));
      while (!Files.exists(checkpoint)) page.waitForTimeout(20);
      first.kill();
      moveTo(page, SMILE, 40);
      page.getByText("The studio does not answer").first().waitFor();
      Browser.look(page, "gone");
      assertFalse(Files.exists(kept.resolve("mine.safetensors")));
      try (StudioProcess second = new StudioProcess(kept, first.port())) {
        assertEquals(first.address(), second.address());
        moveTo(page, SMILE, 30);
        changed(page, plain);
        page.getByText(Pattern.compile("gone on from \\d+")).waitFor();
        page.reload();
        job("mine", "done");
      }
    } finally {
      first.close();
    }
  }
}
