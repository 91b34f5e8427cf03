// The studio's HTTP interface (/openapi.json describes it). Errors are sentences for the user.

export class Failure extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Something newer took a request's place: nothing to tell anybody. */
export const isSuperseded = (error) => error.name === "AbortError" || error.status === 409;

/** The server no longer knows the session, because it was started anew or had no room. */
export const isLost = (error) => error.status === 404;

async function request(method, path, body, signal) {
  const binary = body instanceof Blob;
  let answer;
  try {
    answer = await fetch(path, {
      method,
      signal,
      headers: body && !binary ? { "Content-Type": "application/json" } : {},
      body: body && !binary ? JSON.stringify(body) : body,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("The studio does not answer. Is it still running?", 0);
  }
  if (answer.ok) return answer;
  let sentence = `The studio answers ${answer.status}.`;
  try {
    sentence = (await answer.json()).error ?? sentence;
  } catch {
    // no JSON: the status has to do
  }
  throw new Failure(sentence, answer.status);
}

const json = async (...call) => (await request(...call)).json();
const blob = async (...call) => (await request(...call)).blob();

export const model = () => json("GET", "/api/model");
export const directions = async () => (await json("GET", "/api/directions")).directions;
export const samples = (seeds, signal) =>
  blob("GET", `/api/samples?seeds=${encodeURIComponent(seeds)}`, undefined, signal);
export const bringPhoto = async (file) => (await json("POST", "/api/photos", file)).photo;
export const openSession = (source, signal) => json("POST", "/api/sessions", source, signal);

/** The session's picture under each column of edits, side by side in one PNG. */
export const pictures = (session, asked, signal) =>
  blob("POST", `/api/sessions/${session}/pictures`, asked, signal);

/** Directions of the session's picture under a mask; null for all of it. */
export const find = async (session, mask) =>
  (await json("POST", `/api/sessions/${session}/directions`, mask ?? undefined)).directions;

export const save = async (session, asked) => (await json("POST", `/api/sessions/${session}/save`, asked)).direction;
export const script = (session, asked) => json("POST", `/api/sessions/${session}/script`, asked);

/** A file of an edit: picture, grid, sweep or direction. */
export const exported = (session, asked) => blob("POST", `/api/sessions/${session}/export`, asked);

export const jobs = async () => (await json("GET", "/api/jobs")).jobs;
export const startJob = (asked) => json("POST", "/api/jobs", asked);
export const cancelJob = (job) => json("POST", `/api/jobs/${job}/cancel`);
export const resumeJob = (job) => json("POST", `/api/jobs/${job}/resume`);
export const removeJob = (job) => json("DELETE", `/api/jobs/${job}`);

/** A direction of the shelf without others; refused with status 422 where little of it is left. */
export const removeEffects = (asked) => json("POST", "/api/directions", asked);
