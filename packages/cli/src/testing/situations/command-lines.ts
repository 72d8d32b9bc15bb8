import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Situation } from "./situation.js";

/** What was typed is not what was meant. */
export const commandLines: readonly Situation[] = [
  {
    name: "an unknown command",
    typed: () => ({ argv: ["pusch"] }),
    exit: 2,
    line: "error[Usage]: unknown command 'pusch' (Did you mean push?)",
    hint: "`blob --help` lists the commands, `blob COMMAND --help` their arguments",
  },
  {
    name: "an unknown flag",
    typed: () => ({ argv: ["ls", "--humann", "a/b"] }),
    exit: 2,
    line: "error[Usage]: unknown option '--humann' (Did you mean --human?)",
    hint: "`blob --help` lists the commands, `blob COMMAND --help` their arguments",
  },
  {
    name: "nothing",
    typed: () => ({ argv: [] }),
    exit: 2,
    line: "error[Usage]: there is no command",
    hint: "`blob --help` lists the commands, `blob COMMAND --help` their arguments",
  },
  {
    name: "an argument less",
    typed: () => ({ argv: ["ls"] }),
    exit: 2,
    line: "error[Usage]: missing required argument 'reference': it accepts 1 to 2 args (reference, path)",
    hint: "`blob --help` lists the commands, `blob COMMAND --help` their arguments",
  },
  {
    name: "upper case",
    typed: () => ({ argv: ["ls", "ghcr.io/Acme/Site:v1"] }),
    exit: 2,
    line: 'error[InvalidReference]: ghcr.io/Acme/Site:v1: "Acme/Site" is not a repository name (lower case); a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean ghcr.io/acme/site:v1?",
  },
  {
    name: "a URL",
    typed: () => ({ argv: ["ls", "https://ghcr.io/acme/site:v1"] }),
    exit: 2,
    line: 'error[InvalidReference]: https://ghcr.io/acme/site:v1: "https:" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean ghcr.io/acme/site:v1? A reference has no https:// in front",
  },
  {
    name: "a URL of http",
    typed: () => ({ argv: ["ls", "http://localhost:5000/acme/site:v1"] }),
    exit: 2,
    line: 'error[InvalidReference]: http://localhost:PORT/acme/site:v1: "http:" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean localhost:PORT/acme/site:v1, with --plain-http? A reference has no http:// in front",
  },
  {
    name: "a URL with oci://",
    typed: () => ({ argv: ["ls", "oci://ghcr.io/acme/site:v1"] }),
    exit: 4,
    line: "error[NotFound]: //ghcr.io/acme/site: there is no OCI layout; the first push to it makes one",
    hint: "did you mean ghcr.io/acme/site:v1? A reference has no oci:// in front",
  },
  {
    name: "a URL with docker://",
    typed: () => ({ argv: ["ls", "docker://ghcr.io/acme/site:v1"] }),
    exit: 2,
    line: 'error[InvalidReference]: docker://ghcr.io/acme/site:v1: "docker:" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean ghcr.io/acme/site:v1? A reference has no docker:// in front",
  },
  {
    name: "a reference without a host",
    typed: () => ({ argv: ["ls", "acme/site:v1"] }),
    exit: 2,
    line: 'error[InvalidReference]: acme/site:v1: "acme" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "name the registry, too: did you mean docker.io/acme/site:v1, or ghcr.io/acme/site:v1?",
  },
  {
    name: "an alias that is not there",
    typed: () => ({ argv: ["ls", "site"] }),
    exit: 2,
    line: "error[InvalidReference]: site: there is no repository; a reference reads host/repository:tag or host/repository@digest",
    hint: "there is no alias of that name either; `blob alias list` shows them",
  },
  {
    name: "an alias that is spelled wrongly",
    async typed({ write }) {
      const config = await write("c.yaml", "aliases:\n  website: ghcr.io/acme/site\n");
      return { argv: ["--config", config, "ls", "websit"] };
    },
    exit: 2,
    line: "error[InvalidReference]: websit: there is no repository; a reference reads host/repository:tag or host/repository@digest",
    hint: "did you mean the alias website?",
  },
  {
    name: "alias remove of one that is not there",
    typed: ({ work }) => ({ argv: ["--config", path.join(work, "c.yaml"), "alias", "remove", "nobody"] }),
    exit: 2,
    line: "error[InvalidConfig]: WORK/c.yaml: there is no such file",
    hint: "`blob config edit` opens the file, `blob config path` says where it is",
  },
  {
    name: "an empty tag",
    typed: () => ({ argv: ["ls", "ghcr.io/acme/site:"] }),
    exit: 2,
    line: 'error[InvalidReference]: ghcr.io/acme/site:: "" is not a tag (letters, digits, "_", "." and "-", at most 128, not starting with "." or "-"); a reference reads host/repository:tag or host/repository@digest',
    hint: "a reference reads host/repository:tag, oci:PATH:tag for an OCI layout, or file:DIR for local files",
  },
  {
    name: "a tag and a digest to push to",
    typed: ({ reference, work }) => ({
      argv: ["push", `${reference}@sha256:${"0".repeat(64)}`, path.join(work, "site")],
    }),
    exit: 2,
    line: "error[InvalidReference]: HOST/acme/site:v1@DIGEST: give a tag to write to, not a digest (the digest follows from the content)",
    hint: "a reference reads host/repository:tag, oci:PATH:tag for an OCI layout, or file:DIR for local files",
  },
  {
    name: "push, swapped",
    typed: ({ reference, work }) => ({ argv: ["push", path.join(work, "site"), reference] }),
    exit: 2,
    line: 'error[InvalidReference]: WORK/site: "" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean `blob push HOST/acme/site:v1 WORK/site`?",
  },
  {
    name: "push, swapped, with a relative directory",
    typed: ({ reference }) => ({ argv: ["push", "./site", reference] }),
    exit: 2,
    line: 'error[InvalidReference]: ./site: "." is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean `blob push HOST/acme/site:v1 ./site`?",
  },
  {
    name: "pull, swapped",
    typed: ({ reference, work }) => ({ argv: ["pull", path.join(work, "out"), reference] }),
    exit: 2,
    line: 'error[InvalidReference]: WORK/out: "" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "did you mean `blob pull HOST/acme/site:v1 WORK/out`?",
  },
  {
    name: "cat, swapped",
    async typed(world) {
      await world.push();
      return { argv: ["cat", "a.txt", world.reference] };
    },
    exit: 2,
    line: "error[InvalidReference]: a.txt: there is no repository; a reference reads host/repository:tag or host/repository@digest",
    hint: "did you mean `blob cat HOST/acme/site:v1 a.txt`?",
  },
  {
    name: "cp, swapped",
    typed: ({ reference, work }) => ({ argv: ["cp", work, `${reference}:/a.txt`] }),
    exit: 2,
    line: "error[Usage]: WORK: a source reads REF:/PATH, such as ghcr.io/acme/site:v1:/config",
    hint: "did you mean `blob cp HOST/acme/site:v1:/a.txt WORK`?",
  },
  {
    name: "tag with a tag alone",
    async typed(world) {
      await world.push();
      return { argv: ["tag", "latest", world.reference] };
    },
    exit: 2,
    line: "error[InvalidReference]: latest: there is no repository; a reference reads host/repository:tag or host/repository@digest",
    hint: "did you mean `blob tag HOST/acme/site:v1 latest`?",
  },
  {
    name: "login with a reference",
    typed: () => ({ argv: ["login", "https://ghcr.io/", "-u", "a", "--password-stdin"], stdin: "x" }),
    exit: 2,
    line: 'error[InvalidReference]: "https://ghcr.io/" is not a host: write host or host:port, lower case',
    hint: "did you mean ghcr.io? A reference has no https:// in front",
  },
  {
    name: "login without a terminal",
    typed: () => ({ argv: ["login", "ghcr.io"] }),
    exit: 2,
    line: "error[Usage]: without a terminal to ask at: give --username, and --password-stdin with the password",
    hint: "`blob login --help` lists the arguments and flags",
  },
  {
    name: "a file instead of a directory to push",
    async typed({ write, reference }) {
      return { argv: ["push", reference, await write("one.txt", "x")] };
    },
    exit: 1,
    line: 'error[FileSystem]: Cannot read directory "WORK/one.txt": it is not a directory, or a part of its path is none',
    hint: "`blob push` takes a directory: put a single file into one of its own",
  },
  {
    name: "a directory that is not there",
    typed: ({ reference, work }) => ({ argv: ["push", reference, path.join(work, "nothing")] }),
    exit: 1,
    line: 'error[FileSystem]: Cannot read directory "WORK/nothing": it does not exist',
    hint: "check the spelling of the path",
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
    line: 'error[NotFound]: "WORK/nothing": there is no archive: "WORK/nothing/index.blob" does not exist',
    hint: "check the spelling of the path; `blob create` makes such an archive of a directory",
  },
  {
    name: "a directory that is no local archive",
    typed: ({ work }) => ({ argv: ["ls", `file:${work}/site`] }),
    exit: 4,
    line: 'error[NotFound]: "WORK/site": there is no archive: "WORK/site/index.blob" does not exist',
    hint: "check the spelling of the path; `blob create` makes such an archive of a directory",
  },
  {
    name: "a layout that is not there",
    typed: ({ work }) => ({ argv: ["ls", `oci:${work}/nothing:v1`] }),
    exit: 4,
    line: "error[NotFound]: WORK/nothing: there is no OCI layout; the first push to it makes one",
    hint: "check the spelling of the path and the tag",
  },
  {
    name: "a directory that is no layout",
    typed: ({ work }) => ({ argv: ["ls", `oci:${work}/site:v1`] }),
    exit: 4,
    line: "error[NotFound]: WORK/site: there is no OCI layout; the first push to it makes one",
    hint: "check the spelling of the path and the tag",
  },
  {
    name: "a directory instead of a reference",
    typed: ({ work }) => ({ argv: ["ls", `${work}/site`] }),
    exit: 2,
    line: 'error[InvalidReference]: WORK/site: "" is not a host; a reference reads host/repository:tag or host/repository@digest',
    hint: "for what is on this machine: oci:PATH:tag for an OCI layout, file:DIR for an archive that `blob create` wrote",
  },
];
