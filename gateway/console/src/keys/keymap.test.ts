import { describe, expect, it } from "vitest";

import { type KeyPress, keyActionOf } from "./keymap";

const press = (given: Partial<KeyPress>): KeyPress => ({
  code: "",
  key: "",
  altKey: false,
  ctrlKey: false,
  shiftKey: false,
  metaKey: false,
  isComposing: false,
  repeat: false,
  ...given,
});

describe("keys", () => {
  it("go by their place on the keyboard, whatever an input method or Caps Lock makes of them", () => {
    expect(keyActionOf(press({ code: "KeyA", key: "A" }), "page")).toBe("acknowledge");
    expect(keyActionOf(press({ code: "KeyA", key: "Process" }), "page")).toBe("acknowledge");
    expect(keyActionOf(press({ code: "KeyJ", key: "j", isComposing: true }), "page")).toBeNull();
  });

  it("leave letters and digits to a text", () => {
    expect(keyActionOf(press({ code: "KeyC", key: "c" }), "text")).toBeNull();
    expect(keyActionOf(press({ code: "Digit1", key: "1" }), "text")).toBeNull();
    expect(keyActionOf(press({ key: "Escape" }), "text")).toBe("escape");
  });

  it("leave Enter to a button that has the focus", () => {
    const enter = press({ code: "Enter", key: "Enter" });
    expect(keyActionOf(enter, "button")).toBeNull();
    expect(keyActionOf(enter, "page")).toBe("confirm");
  });

  it("do nothing twice while held, but move", () => {
    expect(keyActionOf(press({ code: "KeyA", key: "a", repeat: true }), "page")).toBeNull();
    expect(keyActionOf(press({ key: "Enter", repeat: true }), "page")).toBeNull();
    expect(keyActionOf(press({ code: "ArrowDown", key: "ArrowDown", repeat: true }), "page")).toBe("next");
  });

  it("pick with digits, on either side of the keyboard, and change the view with Alt", () => {
    expect(keyActionOf(press({ code: "Digit3", key: "3" }), "page")).toEqual({ pick: 3 });
    expect(keyActionOf(press({ code: "Numpad3", key: "3" }), "button")).toEqual({ pick: 3 });
    expect(keyActionOf(press({ code: "Digit2", key: "2", altKey: true }), "text")).toEqual({ view: 2 });
  });

  it("leave the browser its own", () => {
    expect(keyActionOf(press({ code: "KeyC", key: "c", ctrlKey: true }), "page")).toBeNull();
    expect(keyActionOf(press({ code: "KeyA", key: "a", metaKey: true }), "page")).toBeNull();
  });

  it("with Shift mark a range, or are about one alert only", () => {
    expect(keyActionOf(press({ code: "ArrowDown", key: "ArrowDown", shiftKey: true, repeat: true }), "page")).toBe("mark-next");
    expect(keyActionOf(press({ code: "KeyC", key: "C", shiftKey: true }), "page")).toBe("close-alert");
    expect(keyActionOf(press({ code: "KeyA", key: "A", shiftKey: true }), "page")).toBe("acknowledge");
  });

  it("show themselves on a question mark of either width", () => {
    expect(keyActionOf(press({ code: "Slash", key: "?" }), "page")).toBe("help");
    expect(keyActionOf(press({ code: "Slash", key: "？" }), "page")).toBe("help");
  });
});
