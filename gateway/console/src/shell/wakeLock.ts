/** Keeps the screen on while the page is visible, if the browser can; returns a function that ends this. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  const request = async (): Promise<void> => {
    if (ended || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      lock = null; // refused: low battery or a policy
    }
  };
  const onVisibility = (): void => void request();
  // The browser releases the lock whenever the page is hidden.
  document.addEventListener("visibilitychange", onVisibility);
  onVisibility();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", onVisibility);
    void lock?.release();
  };
}
