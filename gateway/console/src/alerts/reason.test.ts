import { expect, it } from "vitest";

import { reasonWithoutPlace } from "./reason";

it.each([
  ["1号楼502室 户内报警主机 入侵报警", "1号楼502室", "户内报警主机 入侵报警"],
  ["北围墙2段红外对射 防区报警", "北围墙2段", "北围墙2段红外对射 防区报警"],
  ["1号楼502室 报事·其他:走廊灯不亮", "1号楼502室", "报事·其他:走廊灯不亮"],
  ["Gas alarm at Room 502 kitchen panel", "Room 502", "Gas alarm · kitchen panel"],
  ["Noise reported at Room 502: a party", "Room 502", "Noise reported: a party"],
  ["Gas alarm at Room 502 (kitchen panel)", "Room 502", "Gas alarm (kitchen panel)"],
  ["Fire alarm at Room 502", "Room 502", "Fire alarm"],
  ["Fire alarm at Room 5021", "Room 502", "Fire alarm at Room 5021"],
  ["磁盘已满", "", "磁盘已满"],
])("%s, at %s, is %s", (reason, place, matter) => {
  expect(reasonWithoutPlace(reason, place)).toBe(matter);
});
