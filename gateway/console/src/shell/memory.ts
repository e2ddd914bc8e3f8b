/** What this browser remembers between visits; a browser that forbids it forgets. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`anju.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`anju.${name}`, value);
  } catch {
    // private windows may refuse; the choice then lasts until the page is closed
  }
}
