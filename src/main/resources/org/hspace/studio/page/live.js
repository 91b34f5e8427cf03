// The picture that follows the hand: one preview is on its way at a time, and the latest wish waits behind it; when
// the hand rests, all steps. The server ends what is no longer wanted.
import { isSuperseded, pictures } from "./api.js";

const REST_MS = 180;

export class Live {
  /** @param heard is told {url, quality, ms} of each picture, {busy}, and {error} */
  constructor(heard) {
    this.heard = heard;
    this.wish = null;
    this.running = false;
    this.full = null;
    this.timer = 0;
    this.urls = [];
  }

  /** Shows a session's picture under edits, as soon as can be. */
  show(session, asked, hasPreview) {
    this.wish = { session, asked, hasPreview };
    clearTimeout(this.timer);
    this.full?.abort();
    this.full = null;
    if (!this.running) this.run();
  }

  async run() {
    this.running = true;
    while (this.wish) {
      const wish = this.wish;
      this.wish = null;
      this.heard({ busy: true });
      if (wish.hasPreview) await this.fetch(wish, "preview");
      if (this.wish) continue;
      this.timer = setTimeout(() => this.finish(wish), wish.hasPreview ? REST_MS : 0);
    }
    this.running = false;
  }

  async finish(wish) {
    this.full = new AbortController();
    await this.fetch(wish, "full", this.full.signal);
  }

  async fetch({ session, asked }, quality, signal) {
    const begun = performance.now();
    try {
      const picture = await pictures(session, { ...asked, quality, lane: "picture" }, signal);
      if (signal?.aborted) return;
      const url = URL.createObjectURL(picture);
      this.urls.push(url);
      if (this.urls.length > 4) URL.revokeObjectURL(this.urls.shift());
      this.heard({ url, quality, ms: performance.now() - begun, busy: quality === "preview", error: null });
    } catch (error) {
      if (!isSuperseded(error)) this.heard({ error, busy: false });
    }
  }
}
