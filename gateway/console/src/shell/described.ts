import type { Alert } from "../api/types";

/** What an alert or incident is called by: its place and its reason. */
export type Described = Pick<Alert, "place" | "place_name" | "reason" | "reasons">;
