import { here } from "./base";
import type { Language } from "./types";

/** The gateway answered with an error; `message` is its text in the language of the screen. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The gateway did not answer. */
export class Unreachable extends Error {}

export interface ClientOptions {
  language: () => Language;
  /** Called on every 401, except that of a sign-in. */
  onSignedOut: () => void;
  /** Called with the gateway's clock from the Date header of each response. */
  onDate?: (milliseconds: number) => void;
  /** How long a response may take, in milliseconds. */
  timeout?: number;
  fetch?: typeof fetch;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** JSON over fetch: sets the language, limits the time, turns errors into texts, and notices the end of a session. */
export class Client {
  constructor(private readonly options: ClientOptions) {}

  async call<T>(method: Method, path: string, body?: unknown, timeout?: number): Promise<T> {
    const response = await this.send(method, path, body, timeout);
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.options.onDate?.(date);
    if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
    const error = await readError(response);
    const signingIn = method === "POST" && path === "/api/v1/session";
    if (response.status === 401 && !signingIn) this.options.onSignedOut();
    throw error;
  }

  private async send(method: Method, path: string, body: unknown, milliseconds = this.options.timeout ?? 15_000): Promise<Response> {
    const headers: Record<string, string> = {
      Accept: "application/json",
      "Accept-Language": this.options.language() === "en" ? "en" : "zh-CN",
    };
    const file = body instanceof Blob;
    if (body !== undefined) headers["Content-Type"] = file ? body.type || "application/octet-stream" : "application/json";
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), milliseconds);
    try {
      return await (this.options.fetch ?? fetch)(here(path), {
        method,
        headers,
        body: body === undefined ? null : file ? body : JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        signal: timeout.signal,
      });
    } catch (cause) {
      throw new Unreachable(String(cause));
    } finally {
      clearTimeout(timer);
    }
  }
}

async function readError(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    return new ApiError(response.status, error.code, error.message);
  } catch {
    return new ApiError(response.status, "unknown", "");
  }
}
