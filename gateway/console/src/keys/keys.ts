import { onMounted, onUnmounted, type Ref } from "vue";

import { viewsOf } from "../shell/route";
import type { Room } from "../shell/room";
import { type Focus, type Wish, wishOf } from "./keymap";

/** One ear for the whole page. */
export function useKeys(room: Room, helping: Ref<boolean>): void {
  const onKey = (event: KeyboardEvent): void => {
    if (room.sessions.standing.value !== "in") return;
    const wish = wishOf(event, focusOf(event.target));
    if (wish !== null && fulfil(room, helping, wish)) event.preventDefault();
  };
  onMounted(() => window.addEventListener("keydown", onKey));
  onUnmounted(() => window.removeEventListener("keydown", onKey));
}

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select")) return "text";
  return target.matches("button, a, summary, [role=button], input") ? "button" : "page";
}

/** True when the key was ours. */
function fulfil(room: Room, helping: Ref<boolean>, wish: Wish): boolean {
  if (typeof wish === "object" && "view" in wish) return look(room, wish.view);
  if (wish === "help") {
    helping.value = !helping.value;
    return true;
  }
  if (wish === "escape") return dismiss(room, helping);
  if (wish === "urgent") return jump(room);
  if (wish === "talk" || wish === "open-door" || wish === "hang-up") return room.calls.wish(wish);
  if (helping.value || room.route.spot.value.view !== "alerts") return false;
  return atDesk(room, wish);
}

function look(room: Room, number: number): boolean {
  const view = viewsOf(room.sessions.mends.value)[number - 1];
  if (view) room.route.go(view);
  return view !== undefined;
}

function dismiss(room: Room, helping: Ref<boolean>): boolean {
  const { desk } = room;
  if (helping.value) helping.value = false;
  else if (desk.enlarged.value) desk.enlarged.value = false;
  else if (desk.mode.value !== null) {
    desk.begin(null);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  } else return false;
  return true;
}

function jump({ desk }: Room): boolean {
  if (desk.urgent.value) desk.select(desk.urgent.value.id);
  return true;
}

function atDesk({ desk }: Room, wish: Exclude<Wish, { view: number }>): boolean {
  if (typeof wish === "object") {
    desk.pick(wish.pick);
    return desk.mode.value === "closing" || desk.mode.value === "assigning";
  }
  if (wish === "next") desk.step(1);
  else if (wish === "previous") desk.step(-1);
  else if (wish === "close") desk.begin("closing");
  else if (wish === "note") desk.begin("noting");
  else if (wish === "assign") desk.begin("assigning");
  else if (wish === "picture") desk.enlarged.value = !desk.enlarged.value;
  else if (wish === "confirm") void confirm(desk);
  else if (wish === "acknowledge" || wish === "on-scene" || wish === "hold") void desk.act(wish);
  return true;
}

/** Enter: finish what was begun, else acknowledge. */
function confirm(desk: Room["desk"]): Promise<void> {
  if (desk.mode.value === "closing") return desk.act("close");
  if (desk.mode.value === "noting") return desk.act("note");
  if (desk.mode.value === "assigning") return desk.act("assign");
  return desk.act("acknowledge");
}
