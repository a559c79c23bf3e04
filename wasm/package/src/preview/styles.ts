/** How it looks. Everything that a page may want to change is a custom property or a part: see the README. */

let sheet: CSSStyleSheet | undefined;

/** The style sheet that all previews of a page share. */
export function styleSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}

const light = `
  color-scheme: light;
  --_background: var(--parqlet-background, #fff);
  --_text: var(--parqlet-text, #1b2027);
  --_muted: var(--parqlet-muted, #5c6675);
  --_faint: #6b7482;
  --_line: var(--parqlet-line, #e3e7ec);
  --_soft-line: #eff1f4;
  --_header: var(--parqlet-header, #f6f8fa);
  --_stripe: var(--parqlet-stripe, #fafbfc);
  --_hover: #f1f5fb;
  --_accent: var(--parqlet-accent, #1d5fd0);
  --_accent-soft: #e6effc;
  --_number: #15458f;
  --_time: #5a3f96;
  --_bad: #b3261e;
  --_bad-soft: #fdf1f0;
  --_shadow: 0 1px 2px rgb(16 24 40 / .06), 0 12px 32px rgb(16 24 40 / .16);
`;

const dark = `
  color-scheme: dark;
  --_background: var(--parqlet-background, #14171c);
  --_text: var(--parqlet-text, #e4e8ee);
  --_muted: var(--parqlet-muted, #9aa5b4);
  --_faint: #8792a2;
  --_line: var(--parqlet-line, #2a3039);
  --_soft-line: #20252d;
  --_header: var(--parqlet-header, #1a1e25);
  --_stripe: var(--parqlet-stripe, #16191f);
  --_hover: #1e2530;
  --_accent: var(--parqlet-accent, #7fb0ff);
  --_accent-soft: #1d2c45;
  --_number: #a3c7ff;
  --_time: #c9b3f5;
  --_bad: #ff9a92;
  --_bad-soft: #2c1a1a;
  --_shadow: 0 1px 2px rgb(0 0 0 / .4), 0 12px 32px rgb(0 0 0 / .5);
`;

const css = `
:host {
  ${light}
  --_row: var(--parqlet-row-height, 30px);
  --_head: 48px;
  --_font: var(--parqlet-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif);
  --_mono: var(--parqlet-mono, ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace);
  display: flex;
  flex-direction: column;
  min-width: 0;
  color: var(--_text);
  font: 400 var(--parqlet-font-size, 13px)/1.45 var(--_font);
  text-align: start;
}
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) { :host { ${dark} } }
:host([theme="light"]) { ${light} }
:host([theme="dark"]) { ${dark} }

* { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon {
  width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round;
  stroke-linejoin: round; flex: none;
}

.frame {
  flex: 1 1 auto;
  min-height: 0;
  display: flex;
  flex-direction: column;
  position: relative;
  overflow: hidden;
  background: var(--_background);
  border: 1px solid var(--_line);
  border-radius: var(--parqlet-radius, 10px);
}

.toolbar {
  flex: none; display: flex; align-items: center; gap: 10px; min-height: 48px; padding: 7px 10px 7px 16px;
  border-bottom: 1px solid var(--_line);
}
/* Two lines where there is no room for one. */
.names {
  flex: 1; min-width: 0; display: flex; flex-wrap: wrap; align-items: baseline; column-gap: 12px; line-height: 1.2;
  white-space: nowrap;
}
.file-name { font-weight: 600; font-size: 1.08em; }
.facts { color: var(--_muted); font-variant-numeric: tabular-nums; }
.names span { max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
.go { display: flex; align-items: center; gap: 8px; color: var(--_muted); margin: 0; white-space: nowrap; }
.go .input { width: 112px; font-variant-numeric: tabular-nums; }

.input, .button {
  font: inherit; color: var(--_text); height: 30px; border-radius: 7px; border: 1px solid var(--_line);
  background: var(--_background);
}
.input { padding: 0 10px; }
.input::placeholder { color: var(--_faint); opacity: 1; }
.input[aria-invalid] { border-color: var(--_bad); }
.button {
  display: inline-flex; align-items: center; gap: 7px; padding: 0 12px; font-weight: 500; cursor: pointer;
  white-space: nowrap;
}
.button .icon { margin-left: -3px; }
.button:hover:not(:disabled) { background: var(--_hover); }
.button:disabled, .input:disabled { opacity: .5; cursor: default; }
.button.quiet { border-color: transparent; background: none; padding: 0 7px; }
.button.quiet .icon { margin: 0; }
.link {
  font: inherit; border: 0; background: none; color: var(--_accent); padding: 2px 4px; border-radius: 4px;
  cursor: pointer;
}
.link:hover { text-decoration: underline; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: -1px; }

.stage {
  flex: 1 1 auto;
  position: relative;
  min-height: 0;
  height: calc(var(--_rows, 16) * var(--_row) + var(--_head));
  overflow: hidden;
  container-type: inline-size;
  background: var(--_background);
}
.scroller {
  position: absolute; inset: 0; overflow: auto; overflow-anchor: none; overscroll-behavior-x: contain;
  scrollbar-width: thin; scrollbar-color: color-mix(in srgb, var(--_muted) 55%, transparent) transparent;
}
.scroller.unseen { visibility: hidden; }
.sizer { position: relative; min-width: 100%; contain: size layout style; }
.grid {
  position: sticky; top: 0; left: 0; display: flex; flex-direction: column; overflow: hidden; contain: strict;
  user-select: text;
}

.head {
  flex: none; height: var(--_head); position: relative; z-index: 2; background: var(--_header);
  border-bottom: 1px solid var(--_line);
}
.head-row { position: absolute; inset: 0; }
.strip { position: absolute; inset: 0 auto 0 var(--_gutter); width: 0; }
.corner {
  position: absolute; inset: 0 auto 0 0; width: var(--_gutter); background: var(--_header); z-index: 2;
  border-right: 1px solid var(--_line);
}
.column {
  position: absolute; top: 0; bottom: 0; padding: 7px 11px 0 12px; overflow: hidden; cursor: default;
  border-right: 1px solid var(--_line);
}
.column .name, .column .type { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.column .name { font-weight: 600; line-height: 18px; }
.type { color: var(--_muted); font-variant-caps: all-small-caps; letter-spacing: .045em; }
.column .type { line-height: 15px; margin-top: -1px; }
.column.number .name, .column.number .type { text-align: right; }
.edge { position: absolute; top: 0; right: 0; width: 9px; height: 100%; cursor: col-resize; touch-action: none; }
.edge::after { content: ""; position: absolute; inset: 0 0 0 auto; width: 2px; background: transparent; }
.edge:hover::after, .edge.dragged::after { background: var(--_accent); }

.body { flex: 1; position: relative; overflow: hidden; }
.row {
  position: absolute; top: 0; left: 0; right: 0; height: var(--_row);
  border-bottom: 1px solid var(--_soft-line); background: var(--_background); contain: layout style;
}
.row.odd { background: var(--_stripe); }
.row:hover { background: var(--_hover); }
.number[role="rowheader"] {
  position: absolute; inset: 0 auto 0 0; width: var(--_gutter); z-index: 1; padding-right: 10px;
  border-right: 1px solid var(--_line);
  background: inherit; color: var(--_faint); font-size: .9em; font-variant-numeric: tabular-nums;
  text-align: right; line-height: calc(var(--_row) - 1px); user-select: none; cursor: default;
}
.cell {
  position: absolute; top: 0; height: 100%; padding: 0 12px; line-height: calc(var(--_row) - 1px);
  overflow: hidden; text-overflow: ellipsis; white-space: pre; cursor: default;
}
.cell.number { text-align: right; font-variant-numeric: tabular-nums; }
.cell.time { font-variant-numeric: tabular-nums; }
.cell.nested, .cell.binary { color: var(--_muted); }
.cell.null { color: var(--_faint); font-style: italic; }
.cell.folded { padding-right: 24px; }
.cell.folded::after {
  content: "⋯"; position: absolute; right: 4px; top: 50%; height: 16px; line-height: 13px; margin-top: -8px;
  padding: 0 4px; border-radius: 4px; color: var(--_muted); cursor: pointer; opacity: 0;
}
.cell.nested.folded::after, .row:hover .cell.folded::after, .cell.folded[tabindex="0"]::after { opacity: 1; }
.cell.folded:hover::after { background: var(--_accent-soft); color: var(--_accent); }
.cell:focus, .column:focus { outline: 2px solid var(--_accent); outline-offset: -2px; border-radius: 3px; z-index: 1; }
.cell:focus { background: var(--_accent-soft); }
.cell.pending::before {
  content: ""; position: absolute; left: 12px; right: 30%; top: 50%; height: 8px; margin-top: -4px;
  border-radius: 4px; background: var(--_line);
}
.grid[aria-busy="true"] .cell.pending::before { animation: parqlet-wait 1.4s ease-in-out infinite; }

.footer {
  flex: none; display: flex; justify-content: space-between; gap: 16px; min-height: 30px; padding: 0 16px;
  align-items: center; border-top: 1px solid var(--_line); color: var(--_muted); font-size: .92em;
  font-variant-numeric: tabular-nums; white-space: nowrap; background: var(--_header);
}
/* Half of it for each, so that neither moves the other. What doesn't fit is out of sight in full. */
.footer > span { flex: 1 1 0; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.transfer { height: 1.45em; text-align: end; white-space: normal; }
.transfer span { white-space: nowrap; }

.chooser { position: static; }
.panel {
  position: absolute; z-index: 10; top: 46px; right: 10px; width: 300px; max-width: calc(100% - 20px);
  max-height: calc(100% - 58px); display: flex; flex-direction: column;
  background: var(--_background); border: 1px solid var(--_line); border-radius: 10px;
  box-shadow: var(--_shadow); overflow: hidden;
}
.panel-head { display: flex; align-items: center; gap: 6px; padding: 10px 12px 6px 14px; font-weight: 600; }
.panel-head span { flex: 1; }
.panel .input { margin: 2px 12px 8px; flex: none; }
.list { list-style: none; margin: 0; padding: 0 6px 8px; overflow: auto; scrollbar-width: thin; }
.list li { content-visibility: auto; contain-intrinsic-size: auto 29px; }
.list label {
  display: flex; align-items: center; gap: 9px; padding: 4px 8px; border-radius: 6px; cursor: pointer;
  white-space: nowrap;
}
.list label:hover { background: var(--_hover); }
.list input { margin: 0; accent-color: var(--_accent); width: 15px; height: 15px; flex: none; }
.list .name { flex: 1; overflow: hidden; text-overflow: ellipsis; }
.list .type { overflow: hidden; text-overflow: ellipsis; max-width: 50%; }

.state {
  position: absolute; inset: 0; display: grid; grid-template-columns: minmax(0, 1fr); place-items: center; padding: 24px;
  overflow: auto; background: var(--_background); z-index: 5;
}
.state.below { top: var(--_head); }
.card { max-width: 40em; text-align: center; color: var(--_muted); }
.card .title { font-size: 1.23em; font-weight: 600; color: var(--_text); margin: 0 0 6px; }
.card p { margin: 0 0 12px; text-wrap: pretty; }
.card.error { text-align: start; width: 100%; }
.sign {
  color: var(--_bad); margin-bottom: 10px; width: 34px; height: 34px; border-radius: 9px;
  background: var(--_bad-soft); display: grid; place-items: center;
}
.sign .icon { width: 19px; height: 19px; }
.actions { display: flex; gap: 8px; margin-top: 16px; }
.card:not(.error) .actions { justify-content: center; }
.card .other { overflow-wrap: anywhere; }
.snippet { position: relative; margin: 0 0 12px; }
.snippet pre {
  margin: 0; padding: 11px 84px 11px 13px; border: 1px solid var(--_line); border-radius: 8px;
  background: var(--_header); color: var(--_text); font: .92em/1.65 var(--_mono); overflow-x: auto;
}
.snippet .button { position: absolute; top: 7px; right: 7px; height: 26px; padding: 0 10px; font-size: .92em; }
details summary { cursor: pointer; width: fit-content; border-radius: 4px; }
details p {
  margin: 6px 0 0; padding-left: 12px; border-left: 2px solid var(--_line); overflow-wrap: anywhere;
  font-size: .94em;
}
.loading { padding: 0; place-items: end start; overflow: hidden; }
.bars {
  position: absolute; inset: 0; top: 0; padding-top: var(--_head);
  background: linear-gradient(var(--_header) 0 0) 0 0 / 100% calc(var(--_head) - 1px) no-repeat;
}
.bars i { display: block; height: var(--_row); border-bottom: 1px solid var(--_soft-line); }
.loading-place {
  position: absolute; inset: 0; display: grid; place-items: center; animation: parqlet-appear .2s .25s both;
}
.loading-text {
  margin: 0; padding: 8px 16px; border-radius: 999px; background: var(--_background);
  border: 1px solid var(--_line); color: var(--_muted); font-variant-numeric: tabular-nums;
}
.banner {
  position: absolute; z-index: 4; left: 50%; bottom: 18px; translate: -50% 0; max-width: calc(100% - 32px);
  display: flex; align-items: center; gap: 14px; padding: 8px 8px 8px 16px; border-radius: 10px;
  background: var(--_background); color: var(--_text); border: 1px solid var(--_bad);
  box-shadow: var(--_shadow);
}

.dialog {
  margin: auto; width: min(760px, calc(100vw - 48px)); max-height: min(640px, calc(100vh - 48px)); padding: 0;
  border: 1px solid var(--_line); border-radius: 12px; background: var(--_background); color: var(--_text);
  box-shadow: var(--_shadow); overflow: hidden;
}
.dialog[open] { display: flex; flex-direction: column; }
.dialog::backdrop { background: rgb(10 14 20 / .38); }
.dialog header {
  flex: none; display: flex; align-items: center; gap: 8px; padding: 12px 10px 12px 18px;
  border-bottom: 1px solid var(--_line);
}
.what { flex: 1; min-width: 0; }
.what span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.what .name { font-weight: 600; font-size: 1.08em; }
.what .type { font-variant-caps: normal; letter-spacing: 0; font-size: .94em; }
.value {
  margin: 0; padding: 16px 18px; overflow: auto; font: .96em/1.6 var(--_mono); white-space: pre-wrap;
  overflow-wrap: anywhere; min-height: 5.5em;
}
.value.null { color: var(--_faint); font-style: italic; }
.cut { flex: none; margin: 0; padding: 9px 18px; color: var(--_muted); border-top: 1px solid var(--_line); }

@keyframes parqlet-wait { 50% { opacity: .45; } }
@keyframes parqlet-appear { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media (max-width: 640px) {
  .go span { display: none; }
  .go .input { width: 84px; }
  .footer > .range { flex-grow: 1.5; }
}
@container (max-width: 480px) {
  .snippet pre { padding-right: 13px; }
  .snippet .button { position: static; margin-top: 8px; }
}
@media (hover: none) { .cell.folded::after { opacity: 1; } }
@media (forced-colors: active) { .cell:focus, .column:focus { outline-color: Highlight; } }
`;
