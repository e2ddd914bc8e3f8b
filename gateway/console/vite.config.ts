import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const gateway = process.env.ANJU_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [vue()],
  // Relative, so that the guard room also works below a path of a proxy (https://example.org/anju/).
  base: "./",
  build: {
    // Browsers on guard room computers are often years old.
    target: ["chrome88", "firefox85", "safari14"],
    // The Content-Security-Policy allows files of our own only.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // The charts, which are loaded when somebody opens the figures.
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // The guards' page at a checkpoint loads the decoder by this name, when the phone needs it.
      input: { index: "index.html", "qr-decoder": "src/patrol/decoder.ts" },
      preserveEntrySignatures: "exports-only",
      output: { entryFileNames: (chunk) => (chunk.name === "qr-decoder" ? "qr-decoder.js" : "assets/[name]-[hash].js") },
    },
  },
  server: { proxy: { "/api": { target: gateway, ws: true } } },
  test: { include: ["src/**/*.test.ts"] },
});
