/** Sequence diagrams of a span, as Mermaid draws them. */
import { PER_MILLISECOND, showTime } from "./show_time.ts";
import { type Flight, hostsOf } from "./flights.ts";
import { showEnd } from "./trace.ts";

/** The diagram: datagrams in the order in which they arrived, or were lost. */
export function mermaidOf(
  flights: readonly Flight[],
  hosts: readonly string[] | null,
  known: readonly string[],
): string {
  const names = hosts ?? hostsOf(flights, known);
  const alias = new Map(names.map((name, number) => [name, `h${number}`]));
  const participants = names.map((name) => `  participant ${alias.get(name)} as ${escape(name)}`);
  const arrows = [...flights].sort((a, b) => a.until - b.until).map((flight) => {
    const { packet: { id, data, destination, port }, fate, reason, onLink, since, until } = flight;
    const [from, to] = [alias.get(flight.from), alias.get(flight.to)];
    const arrow = fate === "delivered" ? "->>" : onLink ? "-x" : "--x";
    const what = `#${id} to ${showEnd({ address: destination, port })}, ${data.length} bytes`;
    const end = fate === "delivered" && reason === "" ? "" : ` (${fate}${reason === "" ? "" : `: ${reason}`})`;
    const times = onLink || since === until ? seconds(since) : `${seconds(since)} to ${seconds(until)}`;
    return `  ${from}${arrow}${to}: ${times} ${escape(what + end)}`;
  });
  return ["sequenceDiagram", ...participants, ...arrows, ""].join("\n");
}

/** Without zeros at the end. */
function seconds(time: number): string {
  return time < 1000 * PER_MILLISECOND ? `${time / PER_MILLISECOND} ms` : `${showTime(time).replace(/\.?0+$/, "")} s`;
}

/** `;` and `#` end a line there, and begin an entity. */
function escape(text: string): string {
  return text.replaceAll("#", "#35;").replace(/(?<!#35);/g, "#59;").replace(/[\r\n]+/g, " ");
}
