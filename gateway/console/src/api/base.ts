/** The page's folder on its server: "" at the root, "/anju" where a proxy serves it as https://example.org/anju/. */
export const base = typeof document === "undefined" ? "" : new URL(".", document.baseURI).pathname.replace(/\/$/, "");

/** An address of the gateway, which knows nothing of the proxy, as the browser must ask for it. */
export const here = (path: string): string => (path.startsWith("/") ? base + path : path);
