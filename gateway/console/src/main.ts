import { createApp } from "vue";

import App from "./App.vue";
import { createRoom, roomKey } from "./shell/room";
import "./style/tokens.css";
import "./style/base.css";

const room = createRoom();
const app = createApp(App);
app.provide(roomKey, room);
app.mount("#app");
room.start();
