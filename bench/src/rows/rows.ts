import { clientRows, stallRow } from "./client-rows.js";
import { createRows } from "./create-rows.js";
import { pullRows } from "./pull-rows.js";
import type { Row } from "./row.js";
import { serveRows } from "./serve-rows.js";
import { startRows } from "./start-rows.js";

/** All rows of the table, in its order. What needs the most room comes last. */
export const rows: readonly Row[] = [
  ...startRows,
  ...clientRows,
  ...createRows,
  ...serveRows,
  ...pullRows,
  stallRow,
];
