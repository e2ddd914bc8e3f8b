import type { ProcedureStep } from "../api/procedure";
import type { AppContext } from "../shell/app";
import type { ProcedureState, StepButton } from "./procedure";

/** The buttons of the active step, in the order of their number keys. */
export function buttonsOf(app: AppContext, state: ProcedureState): StepButton[] {
  const step = state.active.value;
  if (step === null) return [];
  const words = app.t.value.procedure;
  const taken = (id: string, word: string, answer = ""): StepButton => ({ id, word, press: () => void state.take({ answer }) });
  if (step.kind === "question") return step.answers.map((each) => taken(each.id, app.pick(each.texts), each.id));
  if (step.kind === "call") return callButtons(app, state, step);
  if (step.kind === "command") return commandButtons(app, state, step);
  if (step.done_at !== null) return [];
  return [taken("done", step.kind === "announce" ? words.announced : words.done)];
}

function callButtons(app: AppContext, state: ProcedureState, step: ProcedureStep): StepButton[] {
  const words = app.t.value.procedure;
  if (state.numbers.value === null) {
    return [{ id: "look", word: words.showNumber(app.pick(step.call?.names)), press: () => void state.look() }];
  }
  return (["reached", "not_reached", "busy"] as const).map((answer) => ({
    id: answer,
    word: words.calls[answer],
    press: () => void state.take({ answer }),
  }));
}

function commandButtons(app: AppContext, state: ProcedureState, step: ProcedureStep): StepButton[] {
  const { procedure: words, actions } = app.t.value;
  const command = step.command;
  const possible = command?.devices.some((device) => device.possible) ?? false;
  const sent = step.entries.length > 0;
  if (command === null || !possible) {
    return sent ? [] : [{ id: "by-hand", word: words.byHand, press: () => void state.take({}) }];
  }
  const action = actions[command.action] ?? command.action;
  const send = (): void => void state.take({ confirmed: true, ...(sent ? { again: true } : {}) });
  if (!state.confirming.value) {
    const press = command.confirm ? () => void (state.confirming.value = true) : send;
    return [{ id: "send", word: sent ? words.again(action) : words.send(action), press }];
  }
  return [
    { id: "yes", word: words.yes(action), press: send },
    { id: "no", word: words.no, press: () => void (state.confirming.value = false) },
  ];
}
