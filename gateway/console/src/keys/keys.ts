import { onMounted, onUnmounted, type Ref } from "vue";

import { SPOT, viewsOf } from "../shell/route";
import type { AppContext } from "../shell/app";
import { type Focus, type KeyAction, keyActionOf } from "./keymap";

/** One keyboard listener for the whole page. */
export function useKeys(app: AppContext, helpShown: Ref<boolean>): void {
  const onKey = (event: KeyboardEvent): void => {
    if (app.sessions.status.value !== "in") return;
    const action = keyActionOf(event, focusOf(event.target));
    if (action !== null && perform(app, helpShown, action)) event.preventDefault();
  };
  onMounted(() => window.addEventListener("keydown", onKey));
  onUnmounted(() => window.removeEventListener("keydown", onKey));
}

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select")) return "text";
  return target.matches("button, a, summary, [role=button], input") ? "button" : "page";
}

/** True when the key did something. */
function perform(app: AppContext, helpShown: Ref<boolean>, action: KeyAction): boolean {
  if (typeof action === "object" && "view" in action) return openView(app, action.view);
  if (action === "help") {
    helpShown.value = !helpShown.value;
    return true;
  }
  if (action === "escape") return dismiss(app, helpShown);
  if (action === "urgent") return jump(app);
  if (action === "plan") return openPlan(app);
  if (action === "talk" || action === "open-door" || action === "hang-up") return app.calls.onKey(action);
  if (action === "keep" || action === "export") return !helpShown.value && performEvidence(app, action);
  if (helpShown.value || app.route.current.value.view !== "alerts") return false;
  return performAtDesk(app, action);
}

function openView(app: AppContext, number: number): boolean {
  const view = viewsOf(app.sessions.session.value?.role)[number - 1];
  if (view) app.route.go(view);
  return view !== undefined;
}

function openPlan(app: AppContext): boolean {
  app.route.go("plan");
  return true;
}

function dismiss(app: AppContext, helpShown: Ref<boolean>): boolean {
  const { desk } = app;
  if (helpShown.value) helpShown.value = false;
  else if (desk.enlarged.value) desk.enlarged.value = false;
  else if (desk.mode.value !== null) {
    desk.begin(null);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  } else return false;
  return true;
}

/** P and X: the camera and the alert on the screen. The spot page is not for acting. */
function performEvidence(app: AppContext, action: "keep" | "export"): boolean {
  const { evidence, facts, route, sessions } = app;
  if (route.current.value.view === SPOT) return false;
  const alert = evidence.alert.value;
  if (action === "export") evidence.exportAlert(alert, facts.desk.value?.may_export ?? false);
  else if (sessions.onDuty.value) void evidence.keep(evidence.camera.value, alert);
  return true;
}

function jump({ desk }: AppContext): boolean {
  if (desk.urgent.value) desk.select(desk.urgent.value.id);
  return true;
}

function performAtDesk({ desk }: AppContext, action: Exclude<KeyAction, { view: number }>): boolean {
  if (typeof action === "object") {
    desk.pick(action.pick);
    return desk.mode.value === "closing" || desk.mode.value === "assigning";
  }
  if (action === "next") desk.step(1);
  else if (action === "previous") desk.step(-1);
  else if (action === "close") desk.begin("closing");
  else if (action === "note") desk.begin("noting");
  else if (action === "assign") desk.begin("assigning");
  else if (action === "picture") desk.enlarged.value = !desk.enlarged.value;
  else if (action === "confirm") void confirm(desk);
  else if (action === "acknowledge" || action === "on-scene" || action === "hold") void desk.act(action);
  return true;
}

/** Enter: confirm the open panel, else acknowledge. */
function confirm(desk: AppContext["desk"]): Promise<void> {
  if (desk.mode.value === "closing") return desk.act("close");
  if (desk.mode.value === "noting") return desk.act("note");
  if (desk.mode.value === "assigning") return desk.act("assign");
  return desk.act("acknowledge");
}
