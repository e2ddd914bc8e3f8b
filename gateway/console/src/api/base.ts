/** The page's folder on its server: "" at the root, "/anju" where a proxy serves it as https://example.org/anju/. */
export const base = typeof document === "undefined" ? "" : new URL(".", document.baseURI).pathname.replace(/\/$/, "");

/** The address for the browser of a path of the gateway, which does not know the proxy's prefix. */
export const here = (path: string): string => (path.startsWith("/") ? base + path : path);
