import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Situation } from "./situation.js";

/** What was typed is not what was meant. */
export const commandLines: readonly Situation[] = [
  { name: "an unknown command", typed: () => ({ argv: ["pusch"] }), exit: 2, line: "", hint: "" },
  {
    name: "an unknown flag",
    typed: () => ({ argv: ["ls", "--humann", "a/b"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  { name: "nothing", typed: () => ({ argv: [] }), exit: 2, line: "", hint: "" },
  { name: "an argument less", typed: () => ({ argv: ["ls"] }), exit: 2, line: "", hint: "" },
  {
    name: "upper case",
    typed: () => ({ argv: ["ls", "ghcr.io/Acme/Site:v1"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a URL",
    typed: () => ({ argv: ["ls", "https://ghcr.io/acme/site:v1"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a URL of http",
    typed: () => ({ argv: ["ls", "http://localhost:5000/acme/site:v1"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a URL with oci://",
    typed: () => ({ argv: ["ls", "oci://ghcr.io/acme/site:v1"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a URL with docker://",
    typed: () => ({ argv: ["ls", "docker://ghcr.io/acme/site:v1"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a reference without a host",
    typed: () => ({ argv: ["ls", "acme/site:v1"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "an alias that is not there",
    typed: () => ({ argv: ["ls", "site"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "an alias that is spelled wrongly",
    async typed({ write }) {
      const config = await write("c.yaml", "aliases:\n  website: ghcr.io/acme/site\n");
      return { argv: ["--config", config, "ls", "websit"] };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "alias remove of one that is not there",
    typed: ({ work }) => ({ argv: ["--config", path.join(work, "c.yaml"), "alias", "remove", "nobody"] }),
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "an empty tag",
    typed: () => ({ argv: ["ls", "ghcr.io/acme/site:"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a tag and a digest to push to",
    typed: ({ reference, work }) => ({
      argv: ["push", `${reference}@sha256:${"0".repeat(64)}`, path.join(work, "site")],
    }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "push, swapped",
    typed: ({ reference, work }) => ({ argv: ["push", path.join(work, "site"), reference] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "push, swapped, with a relative directory",
    typed: ({ reference }) => ({ argv: ["push", "./site", reference] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "pull, swapped",
    typed: ({ reference, work }) => ({ argv: ["pull", path.join(work, "out"), reference] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "cat, swapped",
    async typed(world) {
      await world.push();
      return { argv: ["cat", "a.txt", world.reference] };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "cp, swapped",
    typed: ({ reference, work }) => ({ argv: ["cp", work, `${reference}:/a.txt`] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "tag with a tag alone",
    async typed(world) {
      await world.push();
      return { argv: ["tag", "latest", world.reference] };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "login with a reference",
    typed: () => ({ argv: ["login", "https://ghcr.io/", "-u", "a", "--password-stdin"], stdin: "x" }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "login without a terminal",
    typed: () => ({ argv: ["login", "ghcr.io"] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a file instead of a directory to push",
    async typed({ write, reference }) {
      return { argv: ["push", reference, await write("one.txt", "x")] };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a directory that is not there",
    typed: ({ reference, work }) => ({ argv: ["push", reference, path.join(work, "nothing")] }),
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "an empty directory",
    async typed({ reference, work }) {
      await mkdir(path.join(work, "empty"));
      return { argv: ["push", reference, path.join(work, "empty")] };
    },
    also: /^the directory has no files: the archive is empty$/mu,
    exit: 0,
    line: "",
    hint: undefined,
  },
  {
    name: "a local archive that is not there",
    typed: ({ work }) => ({ argv: ["ls", `file:${work}/nothing`] }),
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "a directory that is no local archive",
    typed: ({ work }) => ({ argv: ["ls", `file:${work}/site`] }),
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "a layout that is not there",
    typed: ({ work }) => ({ argv: ["ls", `oci:${work}/nothing:v1`] }),
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "a directory that is no layout",
    typed: ({ work }) => ({ argv: ["ls", `oci:${work}/site:v1`] }),
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "a directory instead of a reference",
    typed: ({ work }) => ({ argv: ["ls", `${work}/site`] }),
    exit: 2,
    line: "",
    hint: "",
  },
];
