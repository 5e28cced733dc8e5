"""The look of the report, in the colours of the other reports; a module, because jobs carry Python files only."""

STYLE = """
:root {
  color-scheme: light dark;
  --bg: #f3f7f8; --card: #ffffff; --ink: #0f222b; --muted: #526570; --line: #cfdade; --grid: #e8eef0;
  --accent: #0b7285; --accent-soft: #d9eff3; --good: #18794e; --good-soft: #dcf3e6; --bad: #c2410c;
  --bad-soft: #fef1ea; --amber: #8a5a11; --amber-soft: #fbf1dc; --rest: #6d94a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0a1317; --card: #101c22; --ink: #e7f0f3; --muted: #9db0b8; --line: #2b3d46; --grid: #1c2a31;
    --accent: #4cc3d9; --accent-soft: #11343d; --good: #4ccf8a; --good-soft: #10332a; --bad: #ff8f5f;
    --bad-soft: #3a2018; --amber: #e0a94a; --amber-soft: #33270f; --rest: #5f8596;
  }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
body { background: var(--bg); color: var(--ink); font: 16px/1.5 Inter, -apple-system, BlinkMacSystemFont, "Segoe UI",
  Roboto, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
header, main, footer { max-width: 1140px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
main { display: grid; gap: 24px; margin-top: 24px; }
.brand { color: var(--accent); font-weight: 700; font-size: 1.05rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em; margin-top: 14px; }
h1.good { color: var(--good); } h1.bad { color: var(--bad); }
h2 { font-size: 1.2rem; margin-bottom: 10px; }
.lead { color: var(--muted); margin-top: 8px; max-width: 68ch; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 32px; margin-top: 18px; }
.facts dt { color: var(--muted); font-size: .82rem; } .facts dd { font-size: 1.35rem; font-weight: 650; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 18px 20px;
  min-width: 0; }
.panel.bad { border-color: var(--bad); } .panel.warned { border-color: var(--amber); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: 7px 10px 7px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
thead th { color: var(--muted); font-weight: 500; font-size: .82rem; }
tbody th { font-weight: 600; } tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
td.found { font-weight: 600; } .bad td.found { color: var(--bad); } .warned td.found { color: var(--amber); }
.examples { color: var(--muted); font-size: .85rem; overflow-wrap: anywhere; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.tag { border-radius: 99px; padding: 1px 9px; font-size: .78rem; font-weight: 600; white-space: nowrap; }
.tag.passed { color: var(--good); background: var(--good-soft); }
.tag.error { color: var(--bad); background: var(--bad-soft); }
.tag.warning { color: var(--amber); background: var(--amber-soft); }
.note { color: var(--muted); font-size: .86rem; margin-top: 10px; }
.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 14px;
  align-items: start; }
.column { border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px; background: var(--card); }
.column.error { border-color: var(--bad); } .column.warning { border-color: var(--amber); }
.column h3 { font-size: .95rem; display: flex; justify-content: space-between; gap: 8px; overflow-wrap: anywhere; }
.column svg { display: block; width: 100%; height: auto; margin-top: 8px; }
.bar { height: 7px; border-radius: 4px; background: var(--bad-soft); overflow: hidden; margin-top: 8px; }
.bar i { display: block; height: 100%; background: var(--accent); }
.small { color: var(--muted); font-size: .8rem; display: flex; justify-content: space-between; gap: 8px; }
.rest { fill: var(--rest); } .hit { fill: var(--bad); } .axis { stroke: var(--line); } text { fill: var(--muted); }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin: 0 5px 0 12px; }
details summary { cursor: pointer; color: var(--accent); }
footer { color: var(--muted); font-size: .86rem; padding-top: 24px; padding-bottom: 36px; }
@media print { .panel, .column { break-inside: avoid; } }
"""
