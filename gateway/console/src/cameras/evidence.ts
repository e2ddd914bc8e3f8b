import { type Ref, ref } from "vue";

import { here } from "../api/base";
import type { Gateway } from "../api/gateway";
import type { KeptSnapshot } from "../api/types";

/** How long the outcome stays on the screen (ms). */
const SHOWN = 12_000;

export type EvidenceOutcome =
  | { what: "keeping"; camera: string }
  | { what: "kept"; kept: KeptSnapshot }
  | { what: "failed"; why: string }
  | { what: "exporting" }
  | { what: "hint"; hint: "noCamera" | "noAlert" | "mayNot" };

export interface Evidence {
  outcome: Ref<EvidenceOutcome | null>;
  /** the camera that the guard is looking at, on whichever page */
  camera: Ref<string | null>;
  /** the alert that is on the screen */
  alert: Ref<string | null>;
  /** Keep the picture of that camera, with an alert. */
  keep: (camera: string | null, alert: string | null) => Promise<void>;
  /** Download the recordings of an alert. */
  exportAlert: (alert: string | null, allowed: boolean) => void;
  dismiss: () => void;
}

export function createEvidence(gateway: Gateway, explain: (error: unknown) => string): Evidence {
  const outcome = ref<EvidenceOutcome | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (next: EvidenceOutcome | null): void => {
    clearTimeout(timer);
    outcome.value = next;
    if (next !== null && next.what !== "keeping") timer = setTimeout(() => show(null), SHOWN);
  };
  return {
    outcome,
    camera: ref<string | null>(null),
    alert: ref<string | null>(null),
    keep: async (camera, alert) => {
      if (outcome.value?.what === "keeping") return;
      if (camera === null) return show({ what: "hint", hint: "noCamera" });
      show({ what: "keeping", camera });
      try {
        show({ what: "kept", kept: await gateway.keepSnapshot(camera, alert) });
      } catch (error) {
        show({ what: "failed", why: explain(error) });
      }
    },
    exportAlert: (alert, allowed) => {
      if (alert === null) return show({ what: "hint", hint: "noAlert" });
      if (!allowed) return show({ what: "hint", hint: "mayNot" });
      // By a link: the browser writes it to disk as it comes, however large it is.
      const link = document.createElement("a");
      link.href = here(`/api/v1/alerts/${encodeURIComponent(alert)}/export.zip`);
      link.download = `${alert}.zip`;
      link.click();
      show({ what: "exporting" });
    },
    dismiss: () => show(null),
  };
}
