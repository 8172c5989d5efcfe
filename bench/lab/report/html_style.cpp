// SPDX-License-Identifier: MIT
// The page's look. Two palettes, light and dark; the seven contender colours keep apart for the usual colour
// blindnesses (after M. Okabe and K. Ito) and differ in stroke as well.
#include "lab/report/html.hpp"

namespace weft::lab {

const char* const html_style = R"css(
:root {
  color-scheme: light dark;
  --page: #fcfcfb; --card: #ffffff; --ink: #1c1d1f; --soft: #5c6066; --rule: #e2e3e5; --grid: #ececee;
  --band: #e9e6da; --good: #1a6e3c; --bad: #a61b1b;
  --k0: #0067a5; --k1: #b06f00; --k2: #00805d; --k3: #b0407f; --k4: #6a4fc4; --k5: #d1490c; --k6: #1c1d1f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181b; --card: #1d2024; --ink: #e8e9eb; --soft: #a4a9b0; --rule: #33373d; --grid: #2a2e33;
    --band: #38362b; --good: #6fcf97; --bad: #ff8f8f;
    --k0: #5cb3f0; --k1: #f2b33d; --k2: #35cfa0; --k3: #ef8fc2; --k4: #ab98ff; --k5: #ff8b4a; --k6: #f1f2f3;
  }
}
.k0 { --k: var(--k0); } .k1 { --k: var(--k1); } .k2 { --k: var(--k2); } .k3 { --k: var(--k3); }
.k4 { --k: var(--k4); } .k5 { --k: var(--k5); } .k6 { --k: var(--k6); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 40px 24px 72px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; margin: 0 0 6px; }
h2 { font-size: 22px; line-height: 1.25; margin: 56px 0 4px; padding-top: 20px; border-top: 1px solid var(--rule); }
h3 { font-size: 15px; margin: 28px 0 8px; }
p { margin: 0 0 12px; max-width: 72ch; }
.lead, .question { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 20px; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 14px; }
.tiles b { display: block; font-size: 24px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles span { display: block; font-size: 13px; line-height: 1.4; color: var(--soft); }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.caution { border-left: 3px solid var(--bad); padding: 2px 0 2px 12px; margin: 12px 0; }
figure { margin: 0 0 28px; }
.drawing { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 14px 12px 8px; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 720px; height: auto; }
figcaption { margin-top: 10px; max-width: 76ch; font-size: 15px; }
svg text { fill: var(--ink); font-family: inherit; font-size: 13px; }
svg .tick { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .legend { font-size: 12.5px; }
svg .axis-name, svg .column { fill: var(--soft); font-size: 12px; }
svg .figure { font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .one { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 3; }
svg .part { stroke: var(--card); stroke-width: 1; }
svg .part.p0 { fill: hsl(205 55% 48%); }
svg .part.p1 { fill: hsl(288 55% 60%); }
svg .part.p2 { fill: hsl(11 55% 40%); }
svg .part.p3 { fill: hsl(94 55% 48%); }
svg .part.p4 { fill: hsl(177 55% 60%); }
svg .part.p5 { fill: hsl(260 55% 40%); }
svg .part.p6 { fill: hsl(343 55% 48%); }
svg .part.p7 { fill: hsl(66 55% 60%); }
svg .part.p8 { fill: hsl(149 55% 40%); }
svg .part.p9 { fill: hsl(232 55% 48%); }
svg .part.p10 { fill: hsl(315 55% 60%); }
svg .part.p11 { fill: hsl(38 55% 40%); }
svg .part.p12 { fill: hsl(121 55% 48%); }
svg .part.p13 { fill: hsl(204 55% 60%); }
svg .part.p14 { fill: hsl(287 55% 40%); }
svg .noise { fill: var(--band); }
svg .whisker { stroke: var(--k); stroke-width: 1.5; opacity: 0.6; }
svg .interval { stroke: var(--k); stroke-width: 3; stroke-linecap: round; }
svg .half { fill: var(--k); opacity: 0.35; }
svg .median { fill: var(--k); stroke: var(--card); stroke-width: 1.5; }
svg .curve { fill: none; stroke: var(--k); stroke-width: 2; stroke-linejoin: round; }
svg .curve.k1 { stroke-dasharray: 8 3; } svg .curve.k2 { stroke-dasharray: 2 3; } svg .curve.k4 { stroke-dasharray: 8 3 2 3; }
svg .curve.k5 { stroke-dasharray: 5 2; }
svg .curve.again { stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 3 2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 6px 10px 6px 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { color: var(--soft); font-weight: 500; }
.facts th, .facts td { text-align: left; white-space: normal; vertical-align: top; }
.facts th { width: 220px; }
.scroll + p { margin-top: 14px; }
td.wide { white-space: normal; text-align: left; color: var(--soft); }
@media print { figure, table { break-inside: avoid; } }
)css";

} // namespace weft::lab
