"""The page's style: the colours and shapes of Headrace's other reports, light and dark."""

CSS = """
:root { color-scheme: light dark;
  --bg: #f3f7f8; --card: #ffffff; --ink: #0f222b; --muted: #526570; --line: #cfdade; --grid: #e8eef0; --accent: #0b7285;
  --accent-soft: #d9eff3; --good: #18794e; --good-soft: #dcf3e6; --positive: #c2410c; --bad-soft: #fef1ea;
  --negative: #6d94a3; --amber: #b7791f; --shadow: 0 1px 2px rgb(15 34 43 / 6%), 0 8px 24px rgb(15 34 43 / 5%); }
@media (prefers-color-scheme: dark) { :root {
  --bg: #0a1317; --card: #101c22; --ink: #e7f0f3; --muted: #9db0b8; --line: #2b3d46; --grid: #1c2a31; --accent: #4cc3d9;
  --accent-soft: #11343d; --good: #4ccf8a; --good-soft: #10332a; --positive: #ff8f5f; --bad-soft: #3a2018;
  --negative: #5f8596; --amber: #e0a94a; --shadow: none; } }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { background: var(--bg); color: var(--ink); font: 15px/1.5 Inter, -apple-system, BlinkMacSystemFont, "Segoe UI",
  Roboto, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
main { display: grid; gap: 34px; margin: 28px auto; }
section { min-width: 0; }
h1 { font-size: clamp(1.7rem, 4vw, 2.5rem); line-height: 1.12; letter-spacing: -.02em; margin-top: 14px; }
h2 { font-size: 1.25rem; letter-spacing: -.01em; margin-bottom: 12px; }
h3 { font-size: 1rem; margin-bottom: 4px; }
.brand { color: var(--accent); font-weight: 700; }
.lead { max-width: 70ch; margin-top: 10px; color: var(--muted); font-size: 1.05rem; }
.note { color: var(--muted); font-size: .86rem; line-height: 1.45; }
h3 + .note { margin-bottom: 8px; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow);
  padding: 18px 20px; min-width: 0; }
.verdict { border-left: 6px solid var(--good); }
.verdict.bad { border-left-color: var(--positive); }
.verdict strong { font-size: 1.3rem; color: var(--good); }
.verdict.bad strong { color: var(--positive); }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 14px; margin-bottom: 20px; }
.tile .value { font-size: 1.75rem; line-height: 1.2; font-weight: 700; letter-spacing: -.02em; }
.tile .words { font-weight: 600; }
.tile { padding: 14px 16px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: .85rem; color: var(--muted); margin-bottom: 6px; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
svg.plot { display: block; width: 100%; height: auto; max-width: 560px; margin: 0 auto; overflow: visible; }
svg.plot text { font-size: 12px; fill: var(--muted); }
svg.plot .strong { fill: var(--ink); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid var(--grid); vertical-align: baseline; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-weight: 500; font-size: .82rem; }
tbody th { font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.bar { min-width: 170px; width: 34%; vertical-align: middle; }
.bar svg { display: block; width: 100%; height: 14px; overflow: visible; }
.pass { color: var(--good); font-weight: 700; white-space: nowrap; }
.fail { color: var(--positive); font-weight: 700; white-space: nowrap; }
.soft { color: var(--muted); }
dl { display: grid; grid-template-columns: minmax(8em, max-content) 1fr; gap: 5px 18px; font-size: .9rem; }
dt { color: var(--muted); }
dd { overflow-wrap: anywhere; }
footer { padding-bottom: 40px; color: var(--muted); font-size: .88rem; }
@media print { .panel { box-shadow: none; break-inside: avoid; } }
"""
