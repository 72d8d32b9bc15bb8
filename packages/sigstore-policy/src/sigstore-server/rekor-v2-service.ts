import { createPublicKey } from "node:crypto";
import { textAt, valueAt } from "../json-path.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";
import type { Verifier } from "./log-bodies.js";
import { hashedRekordV2Body, verifierKey } from "./log-bodies.js";
import type { Answer, Misbehaviour } from "./misbehaviour.js";
import { jsonAnswer } from "./misbehaviour.js";
import type { TransparencyLog } from "./transparency-log.js";

/** `POST /api/v2/log/entries`: only hashes are logged, so keys that do not sign hashes are refused. */
export function serveRekorV2(log: TransparencyLog, body: Buffer, wrong: Misbehaviour): Answer {
  const request = valueAt(JSON.parse(body.toString()), "hashedRekordRequestV002");
  const at = (...path: readonly string[]): string => textAt(request, ...path);
  const certificate = at("signature", "verifier", "x509Certificate", "rawBytes");
  const publicKey = Buffer.from(at("signature", "verifier", "publicKey", "rawBytes"), "base64");
  const verifier: Verifier =
    certificate === ""
      ? createPublicKey({ key: publicKey, format: "der", type: "spki" })
      : Buffer.from(certificate, "base64");
  const algorithm = signatureAlgorithmOf(verifierKey(verifier));
  if (algorithm?.hash === undefined) return failure("unsupported key");
  if (algorithm.keyDetails !== at("signature", "verifier", "keyDetails"))
    return failure("key details do not fit the key");
  const entry =
    wrong.logged ??
    hashedRekordV2Body(
      Buffer.from(at("digest"), "base64"),
      Buffer.from(at("signature", "content"), "base64"),
      verifier,
    );
  return jsonAnswer(201, log.append(entry));
}

const failure = (message: string): Answer => jsonAnswer(400, { code: 3, message, details: [] });
