import { createHash, randomUUID, sign, verify } from "node:crypto";
import type { TokenClaims } from "./identity.js";
import { createKeyPair } from "./key-pair.js";

/** Makes and checks identity tokens: JWTs with ES256 (RFC 7519). */
export interface IdentityTokens {
  /** The key set that verifies the tokens (RFC 7517). */
  readonly keySet: unknown;
  /** Default claims: the issuer's URL, audience `sigstore`, valid from now for five minutes. */
  mint(claims: TokenClaims): string;
  /** The claims of a token that this issuer made and that is valid now. */
  verify(token: string): TokenClaims | undefined;
}

const validitySeconds = 300;

export function createIdentityTokens(issuer: () => string, now: () => Date): IdentityTokens {
  const { publicKey, privateKey } = createKeyPair();
  const jwk = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("base64url");
  const seconds = (): number => Math.floor(now().getTime() / 1000);
  return {
    keySet: { keys: [{ ...jwk, kid, alg: "ES256", use: "sig" }] },
    mint(claims) {
      const issuedAt = seconds();
      const all = {
        iss: issuer(),
        aud: "sigstore",
        iat: issuedAt,
        nbf: issuedAt,
        exp: issuedAt + validitySeconds,
        jti: randomUUID(),
        ...claims,
      };
      const signed = `${encode({ alg: "ES256", typ: "JWT", kid })}.${encode(all)}`;
      const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
      return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
    },
    verify(token) {
      const [header = "", payload = "", signature = ""] = token.split(".");
      const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
      const isOurs = verify(
        "sha256",
        Buffer.from(`${header}.${payload}`),
        key,
        Buffer.from(signature, "base64url"),
      );
      if (!isOurs) return undefined;
      const claims = parseClaims(Buffer.from(payload, "base64url").toString());
      return claims["aud"] === "sigstore" && Number(claims["exp"]) > seconds() ? claims : undefined;
    },
  };
}

function parseClaims(json: string): TokenClaims {
  const claims: Record<string, string | number | boolean> = {};
  const parsed: unknown = JSON.parse(json);
  for (const [name, value] of Object.entries(parsed ?? {})) {
    if (isScalar(value)) claims[name] = value;
  }
  return claims;
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
