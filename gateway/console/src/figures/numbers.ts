export const percent = (share: number | null): string => (share === null ? "–" : `${Math.round(share * 100)} %`);

export const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

export const rounded = (value: number): string => (value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1));
