/** The style of all pages: system fonts, and one accent colour in a light and a dark scheme. */
export const style = `
:root {
  color-scheme: light dark;
  --back: #fff; --raised: #f6f7f9; --line: #dfe3e8; --text: #1c2128; --soft: #59636e; --accent: #0b5fd0; --fill: #6c9de8;
  --mark: #a3421a; --string: #24702f;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #12161c; --raised: #1a2028; --line: #2e3742; --text: #e3e8ee; --soft: #9aa6b3; --accent: #79b1ff; --fill: #4a7fd0;
    --mark: #f0a070; --string: #8fd19e;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 62rem; background: var(--back); color: var(--text);
  font: 0.9375rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; padding: 0.25rem 0.75rem; background: var(--back); border: 1px solid var(--line); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
header { padding-bottom: 0.75rem; border-bottom: 1px solid var(--line); }
.archive { margin: 0; color: var(--soft); font: 0.8125rem/1.5 var(--mono); overflow-wrap: anywhere; }
.crumbs { display: flex; flex-wrap: wrap; margin: 0.25rem 0 0; padding: 0; list-style: none; }
.crumbs li { overflow-wrap: anywhere; }
.crumbs li + li::before { content: "/"; margin: 0 0.45rem; color: var(--soft); }
.crumbs [aria-current] { font-weight: 600; }
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.9rem; margin: 1.5rem 0 1rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.3; letter-spacing: -0.01em; overflow-wrap: anywhere; }
.facts, #shown, .note { margin: 0; color: var(--soft); font-variant-numeric: tabular-nums; }
form label { display: block; margin-bottom: 0.3rem; font-size: 0.8125rem; font-weight: 600; }
.field { display: flex; flex-wrap: wrap; gap: 0.5rem; max-width: 40rem; }
input, button, .button { font: inherit; color: inherit; min-height: 2.5rem; padding: 0.35rem 0.8rem; border: 1px solid var(--line);
  border-radius: 8px; background: var(--raised); }
input { flex: 1 1 12rem; min-width: 0; background: var(--back); border-color: var(--soft); }
button, .button { cursor: pointer; font-weight: 600; }
.button { display: inline-flex; align-items: center; gap: 0.45rem; }
.button.main { background: var(--accent); border-color: var(--accent); color: var(--back); }
.buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 1rem 0 1.25rem; }
#shown { margin: 0.6rem 0 0.9rem; font-size: 0.8125rem; }
table { width: 100%; border-collapse: collapse; }
th { padding: 0.4rem 0.6rem; text-align: left; font-size: 0.8125rem; color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--line); }
td { padding: 0 0.6rem; border-bottom: 1px solid var(--line); }
main > table tbody tr:hover { background: var(--raised); }
tr[hidden] { display: none; }
th:first-child, td:first-child { padding-left: 0.35rem; }
main > table td:first-child { width: 100%; }
.name { display: flex; align-items: center; gap: 0.6rem; padding: 0.5rem 0; min-height: 2.5rem; }
.name span { overflow-wrap: anywhere; }
.size, .time { white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft); }
.size { text-align: right; }
.actions { width: 2.75rem; padding: 0; text-align: right; }
.actions a { display: inline-flex; align-items: center; justify-content: center; width: 2.5rem; height: 2.5rem; border-radius: 8px; color: var(--soft); }
.actions a:hover { color: var(--accent); }
.icon { flex: none; fill: var(--soft); }
.icon.directory { fill: var(--fill); }
.icon .line { fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round; }
.name .icon.file, .name .icon.parent { color: var(--soft); }
.pager { display: flex; flex-wrap: wrap; gap: 0.4rem 1.1rem; align-items: center; margin-top: 1.25rem; }
.pager a { padding: 0.4rem 0; }
.pager span { color: var(--soft); }
.properties { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.25rem; margin: 1.75rem 0 0; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 0.875rem; }
.properties dt { color: var(--soft); }
.properties dd { margin: 0; overflow-wrap: anywhere; }
.mono { font-family: var(--mono); font-size: 0.8125rem; }
.text { margin: 0; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); overflow: auto; max-height: 80vh; }
.text code { display: block; padding: 0.75rem 0; counter-reset: line; font: 0.8125rem/1.6 var(--mono); tab-size: 4; width: max-content; min-width: 100%; }
.text .l { display: block; padding-right: 1rem; white-space: pre; min-height: 1.6em; }
.text .l::before { counter-increment: line; content: counter(line); display: inline-block; width: 3.5rem; padding-right: 1rem; text-align: right; color: var(--soft); user-select: none; }
.c { color: var(--soft); font-style: italic; } .s { color: var(--string); } .n { color: var(--mark); } .k { color: var(--accent); }
.picture { display: block; max-width: 100%; max-height: 75vh; margin: 0 auto; border-radius: 4px; }
.frame { padding: 1.25rem; border: 1px solid var(--line); border-radius: 10px; text-align: center;
  background: repeating-conic-gradient(var(--raised) 0 25%, var(--back) 0 50%) 0 0 / 20px 20px; }
audio.picture { width: 100%; }
.markdown { border: 1px solid var(--line); border-radius: 10px; padding: 0.5rem 1.75rem 1.25rem; overflow-wrap: break-word; }
.markdown h1, .markdown h2 { padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
.markdown h1 { font-size: 1.6rem; margin: 1rem 0 0.75rem; } .markdown h2 { font-size: 1.25rem; margin: 1.75rem 0 0.6rem; }
.markdown h3 { font-size: 1.05rem; }
.markdown a { text-decoration: underline; text-underline-offset: 2px; }
.markdown code { font: 0.85em/1.5 var(--mono); background: var(--raised); padding: 0.1em 0.35em; border-radius: 4px; }
.markdown pre { padding: 0.75rem 1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; overflow: auto; }
.markdown pre code { padding: 0; background: none; }
.markdown img { max-width: 100%; }
.markdown blockquote { margin: 1rem 0; padding: 0 1rem; border-left: 3px solid var(--line); color: var(--soft); }
.markdown table { display: block; width: max-content; max-width: 100%; overflow: auto; }
.markdown td, .markdown th { padding: 0.35rem 0.75rem; border: 1px solid var(--line); }
.markdown hr { border: 0; border-top: 1px solid var(--line); }
@media (max-width: 40rem) {
  body { padding: 1rem 0.9rem 3rem; }
  th.time, td.time { display: none; }
  .markdown { padding: 0.25rem 1rem 1rem; }
  .text .l::before { width: 2.5rem; padding-right: 0.75rem; }
  .properties { grid-template-columns: 1fr; gap: 0; } .properties dd { margin-bottom: 0.6rem; }
}
@media (prefers-reduced-motion: no-preference) { a, button { transition: color 0.1s, background 0.1s; } }
`;
