export type Query = Record<string, string | number | boolean | null | undefined>;

/** The path with these parameters; empty ones are left out. */
export const at = (path: string, query: Query): string => {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(key, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
};
