import { parseLocation } from "@blob/client";
import { createLayoutRegistry } from "@blob/registry";
import type { Check } from "../../doctor/check.js";
import { createChecklist, ok } from "../../doctor/check.js";
import { diagnoseArchive } from "../../doctor/diagnose-archive.js";
import { diagnoseRegistry } from "../../doctor/diagnose-registry.js";
import type { Session } from "../../session/session.js";
import type { Line } from "../../output/line.js";
import { widest } from "../../output/widest.js";

/** Some checks failed: has the code of the first one, which the others mostly follow from. */
class ProblemsFound extends Error {
  override readonly name = "ProblemsFound";
  readonly code: string;

  constructor(failed: readonly Check[]) {
    super(`${String(failed.length)} of the checks failed: ${failed.map(({ name }) => name).join(", ")}`);
    this.code = failed[0]?.code ?? "Internal";
  }
}

/** Looks at everything that reading and pushing an archive depends on, and tells what is wrong. */
export async function doctor(session: Session, reference: string): Promise<void> {
  const { output, signal } = session;
  const list = createChecklist(session);
  const location = parseLocation(session.expand(reference));
  const { place, repository, tag, digest, text } = location;
  await list.check("reference", () =>
    ok([text, tag === undefined ? undefined : `tag ${tag}`, digest].filter(Boolean).join(", ")),
  );
  if (place.kind === "registry") await diagnoseRegistry(session, { ...location, place }, list);
  else {
    const registry = createLayoutRegistry(place.path);
    const subject = { registry, repository, reference: digest ?? tag ?? "latest", text, signal };
    await diagnoseArchive(subject, list, () => []);
  }
  const { checks } = list;
  await output.result({ ref: reference, checks, status: worstOf(checks) }, () => linesOf(checks));
  const failures = checks.filter(({ status }) => status === "failed");
  if (failures.length > 0) throw new ProblemsFound(failures);
}

function worstOf(checks: readonly Check[]): "ok" | "warning" | "failed" {
  return (
    (["failed", "warning"] as const).find((worst) => checks.some(({ status }) => status === worst)) ?? "ok"
  );
}

const colors = { ok: "green", warning: "yellow", failed: "red", skipped: "cyan" } as const;

function* linesOf(checks: readonly Check[]): Generator<Line> {
  const width = widest(checks.map(({ name }) => name));
  for (const { name, status, message, hint } of checks) {
    const rest = ` ${name.padEnd(width)}  ${message}${hint === undefined ? "" : ` (${hint})`}`;
    yield [{ text: status.padEnd(8), color: colors[status] }, rest];
  }
}
