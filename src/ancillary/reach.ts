/** Whether a destination is one host's. */
export function reachOf(address: string): "one" | "group" | "broadcast" {
  const text = address.replace(/^::ffff:(?=\d+\.)/, "");
  if (text === "255.255.255.255") return "broadcast";
  if (text.includes(":")) return /^ff/i.test(text) ? "group" : "one";
  const first = Number.parseInt(text, 10);
  return first >= 224 && first < 240 ? "group" : "one";
}
