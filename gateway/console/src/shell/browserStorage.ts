/** A setting kept in this browser between visits; null when it was never set, or when the browser forbids storage. */
export function readSetting(name: string): string | null {
  try {
    return localStorage.getItem(`anju.${name}`);
  } catch {
    return null;
  }
}

export function writeSetting(name: string, value: string): void {
  try {
    localStorage.setItem(`anju.${name}`, value);
  } catch {
    // Private windows may refuse; the setting then lasts until the page is closed.
  }
}
