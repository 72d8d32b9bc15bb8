import type { Command } from "commander";

/** The flags that every command takes, before or after its name; `GlobalFlags` says what they mean. */
export function addGlobalOptions(program: Command): void {
  program
    .option("--output <format>", "text or json; BLOB_OUTPUT")
    .option("-q, --quiet", "no messages besides results and errors")
    .option("--plain-http", "speak HTTP to registries instead of HTTPS; BLOB_PLAIN_HTTP")
    .option("-u, --username <name>", "user name for the registry; needs --password-stdin")
    .option("--password-stdin", "read the password from standard input");
}
