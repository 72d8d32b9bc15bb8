import type { CommandEntry } from "./command-line/command-declaration.js";

const archives = "Archives:";
const reading = "Reading:";
const signatures = "Signatures:";
const registries = "Registries:";
const other = "This command:";

/**
 * Every command, in the order of `blob --help`. A run loads the declaration of its own command only, and with it,
 * or when it runs, the code.
 */
export const commandTable: readonly CommandEntry[] = [
  {
    name: "push",
    summary: "archive a directory and push it",
    group: archives,
    load: async () => (await import("./commands/push/push.js")).declarePush,
  },
  {
    name: "pull",
    summary: "extract an archive, or a part of it, into a directory",
    group: archives,
    load: async () => (await import("./commands/pull/pull.js")).declarePull,
  },
  {
    name: "create",
    summary: "archive a directory into index.blob and data.blob in another directory",
    group: archives,
    load: async () => (await import("./commands/create/create.command.js")).declareCreate,
  },
  {
    name: "export",
    summary: "write an archive as a tar or zip, or push it as an OCI image",
    group: archives,
    load: async () => (await import("./commands/export/export.js")).declareExport,
  },
  {
    name: "import",
    summary: "make an archive of a tar, and push it",
    group: archives,
    load: async () => (await import("./commands/import/import.command.js")).declareImport,
  },
  {
    name: "cp",
    summary: "copy files and directories out of archives",
    group: reading,
    load: async () => (await import("./commands/cp/cp.command.js")).declareCp,
  },
  {
    name: "cat",
    summary: "write files of an archive to standard output",
    group: reading,
    load: async () => (await import("./commands/cat/cat.js")).declareCat,
  },
  {
    name: "ls",
    summary: "list a directory of an archive",
    group: reading,
    load: async () => (await import("./commands/ls/ls.command.js")).declareLs,
  },
  {
    name: "tree",
    summary: "show the directories and files of an archive as a tree",
    group: reading,
    load: async () => (await import("./commands/tree/tree.js")).declareTree,
  },
  {
    name: "open",
    summary: "browse an archive on the whole screen",
    group: reading,
    load: async () => (await import("./commands/open/open.command.js")).declareOpen,
  },
  {
    name: "inspect",
    summary: "show what an archive is, without its files",
    group: reading,
    load: async () => (await import("./commands/inspect/inspect.js")).declareInspect,
  },
  {
    name: "diff",
    summary: "what differs between two archives, or an archive and a directory",
    group: reading,
    load: async () => (await import("./commands/diff/diff.command.js")).declareDiff,
  },
  {
    name: "status",
    summary: "whether a directory is as an archive says",
    group: reading,
    load: async () => (await import("./commands/diff/diff.command.js")).declareStatus,
  },
  {
    name: "sign",
    summary: "sign an archive",
    group: signatures,
    load: async () => (await import("./commands/sign/sign.js")).declareSign,
  },
  {
    name: "attest",
    summary: "attach a signed statement to an archive",
    group: signatures,
    load: async () => (await import("./commands/sign/sign.js")).declareAttest,
  },
  {
    name: "verify",
    summary: "check who signed an archive",
    group: signatures,
    load: async () => (await import("./commands/verify/verify.command.js")).declareVerify,
  },
  {
    name: "verify-bundle",
    summary: "check a Sigstore bundle over any file",
    group: signatures,
    load: async () => (await import("./commands/verify/verify.command.js")).declareVerifyBundle,
  },
  {
    name: "serve",
    summary: "serve an archive over HTTP, read-only, with pages to browse it",
    group: reading,
    load: async () => (await import("./commands/serve/serve.command.js")).declareServe,
  },
  {
    name: "tag",
    summary: "point a tag at another reference of the same repository",
    group: registries,
    load: async () => (await import("./commands/tag/tag.js")).declareTag,
  },
  {
    name: "copy",
    summary: "copy an archive with its signatures between registries and layouts",
    group: registries,
    load: async () => (await import("./commands/copy/copy.command.js")).declareCopy,
  },
  {
    name: "tags",
    summary: "list the tags of a repository",
    group: registries,
    load: async () => (await import("./commands/tags/tags.js")).declareTags,
  },
  {
    name: "login",
    summary: "try a user name and password at a registry, and keep them",
    group: registries,
    load: async () => (await import("./commands/auth/auth.command.js")).declareLogin,
  },
  {
    name: "logout",
    summary: "forget what is kept for a registry",
    group: registries,
    load: async () => (await import("./commands/auth/auth.command.js")).declareLogout,
  },
  {
    name: "auth",
    summary: "which credentials registries get",
    group: registries,
    load: async () => (await import("./commands/auth/auth.command.js")).declareAuth,
  },
  {
    name: "doctor",
    summary: "look at everything that reaching an archive depends on",
    group: registries,
    load: async () => (await import("./commands/doctor/doctor.command.js")).declareDoctor,
  },
  {
    name: "registry",
    summary: "a registry for development and tests",
    group: registries,
    load: async () => (await import("./commands/registry/registry.command.js")).declareRegistry,
  },
  {
    name: "alias",
    summary: "short names for references",
    group: other,
    load: async () => (await import("./commands/alias/alias.command.js")).declareAlias,
  },
  {
    name: "cache",
    summary: "what is kept of archives that were read",
    group: other,
    load: async () => (await import("./commands/cache/cache.command.js")).declareCache,
  },
  {
    name: "config",
    summary: "show and change settings",
    group: other,
    load: async () => (await import("./commands/config/config.command.js")).declareConfig,
  },
  {
    name: "completion",
    summary: "show a script that completes this command in a shell",
    group: other,
    load: async () => (await import("./commands/completion/completion.js")).declareCompletion,
  },
  {
    name: "complete",
    summary: "what may stand at the cursor of a command line",
    group: other,
    hidden: true,
    load: async () => (await import("./commands/completion/completion.js")).declareComplete,
  },
  {
    name: "version",
    summary: "show the version of this command",
    group: other,
    load: async () => (await import("./commands/version/version.js")).declareVersion,
  },
];
