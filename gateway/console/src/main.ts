import { createApp } from "vue";

import App from "./App.vue";
import { appKey, createAppContext } from "./shell/app";
import "./style/tokens.css";
import "./style/base.css";
import "./style/print.css";

const context = createAppContext();
createApp(App).provide(appKey, context).mount("#app");
context.start();
