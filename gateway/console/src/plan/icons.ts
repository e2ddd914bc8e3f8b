import type { Health, Severity } from "../api/types";

/** Pictures of the marks as SVG. They are set as innerHTML, so nothing from outside may stand in them. */

const TYPES: Record<string, string> = {
  camera: '<path d="M5 9h11v7H5zM16 11.5l4-2.5v7l-4-2.5"/>',
  door: '<path d="M8 4h9v16H8zM14.5 12v1M5 20h15"/>',
  zone: '<path d="M6 5v14M18 5v14M6 9h12M6 13h12"/>',
  panel: '<path d="M5 5h14v14H5zM8 9h8M8 13h3M14 13h2"/>',
  home: '<path d="m4 12 8-7 8 7M7 10v9h10v-9"/>',
  reader: '<path d="M7 4h10v16H7zM10 8h4M10 12h4M12 16v.1"/>',
  barrier: '<path d="M6 20v-9M4 20h5M6 12l14-4"/>',
  intercom: '<path d="M7 4h10v16H7zM10 8h4M12 15v.1M10 11h4"/>',
  siren: '<path d="M7 17a5 5 0 0 1 10 0zM5 20h14M12 8V4M6 10 4 8M18 10l2-2"/>',
  sensor: '<path d="M12 12v.1M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M6 18a8.5 8.5 0 0 1 0-12M18 6a8.5 8.5 0 0 1 0 12"/>',
};

/** The outer form by health: the forms of the list of devices. */
const FORMS: Record<Health, string> = {
  online: '<circle class="form" cx="20" cy="20" r="17"/>',
  offline: '<rect class="form" x="3" y="3" width="34" height="34" rx="4"/>',
  silent: '<path class="form" d="M20 1 39 36.5H1z"/>',
  refused: '<path class="form" d="M20 1 39 20 20 39 1 20z"/>',
  unknown: '<circle class="form" cx="20" cy="20" r="17"/>',
};

/** How far the picture is moved down and shrunk to fit its form. */
const FITS: Record<Health, string> = {
  online: "translate(7.5 7.5) scale(1.04)",
  offline: "translate(7.5 7.5) scale(1.04)",
  silent: "translate(10 14.5) scale(.84)",
  refused: "translate(10 10) scale(.84)",
  unknown: "translate(7.5 7.5) scale(1.04)",
};

export const deviceIcon = (type: string, health: Health): string =>
  `<svg viewBox="0 0 40 40" aria-hidden="true">${FORMS[health]}<g class="glyph" transform="${FITS[health]}">${TYPES[type] ?? TYPES["sensor"]}</g></svg>`;

/** As SeverityMark.vue. */
const SEVERITIES: Record<Severity, [string, string]> = {
  critical: ['<path class="shape" d="M10 1h12l9 9v12l-9 9H10l-9-9V10z"/>', "M11 7.5v10.5M21 7.5v10.5M11 24v.1M21 24v.1"],
  high: [
    '<path class="shape" d="M16 1.5c.9 0 1.6.5 2 1.2l12.6 24c.8 1.6-.3 3.3-2 3.3H3.4c-1.7 0-2.8-1.7-2-3.3l12.6-24c.4-.7 1.1-1.2 2-1.2z"/>',
    "M16 11v8.5M16 25v.1",
  ],
  medium: ['<path class="shape" d="M16 .8 31.2 16 16 31.2.8 16z"/>', "M16 8.5v9M16 23.3v.1"],
  low: ['<circle class="shape" cx="16" cy="16" r="15"/>', "M16 14.5v9M16 8.7v.1"],
};

export const severityIcon = (severity: Severity): string => {
  const [shape, glyph] = SEVERITIES[severity];
  return `<svg viewBox="0 0 32 32" aria-hidden="true">${shape}<path class="sign" d="${glyph}"/></svg>`;
};

export const floorsIcon =
  '<svg class="floors" viewBox="0 0 24 24" aria-hidden="true"><path d="m4 9 8-4 8 4-8 4zM4 13l8 4 8-4M4 17l8 4 8-4"/></svg>';
