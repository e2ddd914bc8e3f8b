import { onMounted, onUnmounted, type Ref } from "vue";

import { navigation } from "../shell/navigation";
import { SPOT } from "../shell/route";
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
  if (app.silences.asking.value !== null || app.silences.listed.value) return performInDialog(app, action);
  if (typeof action === "object" && "view" in action) return openView(app, action.view);
  if (action === "help") {
    helpShown.value = !helpShown.value;
    return true;
  }
  if (action === "escape") return dismiss(app, helpShown);
  if (action === "urgent") return jump(app);
  if (action === "plan") return openPlan(app);
  if (action === "silences") return (app.silences.listed.value = true);
  if (action === "talk" || action === "open-door" || action === "hang-up") return app.calls.onKey(action);
  if (action === "keep" || action === "export") return !helpShown.value && performEvidence(app, action);
  if (helpShown.value || app.route.current.value.view !== "alerts") return false;
  return performAtDesk(app, action);
}

/** The dialog has its own keys; a number chooses the reason. */
function performInDialog({ silences }: AppContext, action: KeyAction): boolean {
  if (typeof action === "object" && "pick" in action) return silences.pickReason(action.pick);
  return false;
}

function openView(app: AppContext, number: number): boolean {
  const view = navigation(app.sessions.session.value?.role)[number - 1];
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
  } else if (desk.report.value !== null) desk.report.value = null;
  else if (desk.marked.incidents.value.length > 0) desk.marked.clear();
  else return false;
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

function performAtDesk({ desk, silences }: AppContext, action: Exclude<KeyAction, { view: number }>): boolean {
  if (typeof action === "object") {
    desk.pick(action.pick);
    return desk.mode.value !== null;
  }
  if (action === "next") desk.step(1);
  else if (action === "previous") desk.step(-1);
  else if (action === "mark-next" || action === "mark-previous") markOn(desk, action === "mark-next" ? 1 : -1);
  else if (action === "mark") markSelected(desk);
  else if (action === "next-alert") desk.stepAlert(1);
  else if (action === "previous-alert") desk.stepAlert(-1);
  else if (action === "silence") silences.askAbout(desk.alert.value);
  else if (action === "merge") desk.begin("merging", "incident");
  else if (action === "take-out") desk.begin("splitting", "alert");
  else if (action === "close-alert") desk.begin("closing", "alert");
  else if (action === "hold") desk.begin("holding");
  else if (action === "close") desk.begin("closing");
  else if (action === "note") desk.begin("noting");
  else if (action === "remind") desk.begin("reminding", "incident");
  else if (action === "assign") desk.begin("assigning");
  else if (action === "picture") desk.enlarged.value = !desk.enlarged.value;
  else if (action === "confirm") void confirm(desk);
  else if (action === "acknowledge" || action === "on-scene") void desk.act(action);
  return true;
}

function markSelected(desk: AppContext["desk"]): void {
  if (desk.selected.value) desk.marked.toggle(desk.selected.value.id);
}

/** Mark the selected one and the one after (1) or before (-1) it. */
function markOn(desk: AppContext["desk"], by: 1 | -1): void {
  if (desk.selected.value && !desk.marked.has(desk.selected.value.id)) desk.marked.toggle(desk.selected.value.id);
  desk.step(by);
  if (desk.selected.value) desk.marked.extend(desk.selected.value.id);
}

/** Enter: confirm the open panel, else acknowledge. */
function confirm(desk: AppContext["desk"]): Promise<void> {
  if (desk.mode.value === "closing") return desk.act("close");
  if (desk.mode.value === "holding") return desk.act("hold");
  if (desk.mode.value === "reminding") return desk.remind();
  if (desk.mode.value === "splitting") return desk.split();
  if (desk.mode.value === "merging") return Promise.resolve(); // its own list has the choice
  if (desk.mode.value === "noting") return desk.act("note");
  if (desk.mode.value === "assigning") return desk.act("assign");
  return desk.act("acknowledge");
}
