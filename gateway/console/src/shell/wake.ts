/** Keeps the screen from going dark while the page is seen, where the browser can. */
export function keepAwake(): () => void {
  let held: WakeLockSentinel | null = null;
  let ended = false;
  const ask = async (): Promise<void> => {
    if (ended || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      held = await navigator.wakeLock.request("screen");
    } catch {
      held = null; // a low battery or a policy may refuse
    }
  };
  const again = (): void => void ask();
  document.addEventListener("visibilitychange", again);
  again();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", again);
    void held?.release();
  };
}
