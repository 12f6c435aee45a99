/** True for a destination that is many hosts': a group, or all. What is all of one network only its netmask tells. */
export function isOfMany(address: string): boolean {
  const text = address.replace(/^::ffff:(?=\d+\.)/, "");
  if (text.includes(":")) return /^ff/i.test(text);
  const first = Number.parseInt(text, 10);
  return text === "255.255.255.255" || first >= 224 && first < 240;
}
